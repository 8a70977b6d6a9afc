import { z } from 'zod';

/** When an object counts as present, as left, and as static. docs/configuration.md explains each setting. */
const tracking = {
  /** M: an object is present when M snapshots … */
  appearAfter: z.int().min(1).max(20).default(2),
  /** N: … of the last N show it. */
  within: z.int().min(1).max(60).default(3),
  /** K: it has left after K consecutive snapshots without it. */
  leaveAfter: z.int().min(1).max(60).default(3),
  /** Minimum intersection over union of two boxes of the same object. */
  overlap: z.number().min(0.05).max(0.95).default(0.3),
  /** An object that has not moved for this long is static. */
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
  /** Without this section the gate is off: snapshots that it skips are neither stored nor reported, so the operator decides. */
  enabled: z.boolean().default(true),
  /** At least one of this many snapshots is searched, whatever the gate decides. */
  searchEvery: z.int().min(1).max(10_000).default(30),
  /** Minimum change of a part of the image, in grey levels of 255. */
  threshold: z.number().min(1).max(100).default(6),
});
export type MotionSettings = z.infer<typeof motionSchema>;

/** Settings that each camera can override. */
export const sightingShape = {
  sightings: trackingSchema.optional(),
  /** The motion gate; if absent, every snapshot is searched. */
  motion: motionSchema.optional(),
};
