import { z } from 'zod';

/** When an object counts as there, as gone, and as part of the scene. docs/configuration.md explains each setting. */
const tracking = {
  /** M: snapshots that have to show an object … */
  appearAfter: z.int().min(1).max(20).default(2),
  /** N: … among so many in a row. */
  within: z.int().min(1).max(60).default(3),
  /** K: snapshots in a row that do not show it any more. */
  leaveAfter: z.int().min(1).max(60).default(3),
  /** Intersection over union from which on two boxes are the same object. */
  overlap: z.number().min(0.05).max(0.95).default(0.3),
  /** An object that has stood in its place for so long is static. */
  staticAfterSeconds: z.number().min(1).max(86_400).default(300),
};

export const trackingSchema = z
  .strictObject(tracking)
  .refine(({ appearAfter, within }) => appearAfter <= within, {
    path: ['within'],
    error: 'expected at least appearAfter',
  });
export type TrackingSettings = z.infer<typeof trackingSchema>;

export const motionSchema = z.strictObject({
  /** Off by default: what the gate leaves out is neither stored nor reported, which is for the operator to choose. */
  enabled: z.boolean().default(true),
  /** A search happens at least every so many snapshots, whatever the gate says. */
  searchEvery: z.int().min(1).max(10_000).default(30),
  /** Grey levels of 255 by which a part of the picture has to change. */
  threshold: z.number().min(1).max(100).default(6),
});
export type MotionSettings = z.infer<typeof motionSchema>;

/** What each camera may have of its own. */
export const sightingShape = {
  sightings: trackingSchema.optional(),
  /** The motion gate; without it every snapshot is searched. */
  motion: motionSchema.optional(),
};
