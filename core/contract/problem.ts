import { z } from 'zod';

interface ProblemKind {
  status: number;
  title: string;
}

/** Every problem code of the API, with its status. The meaning of a code never changes. */
export const problemKinds = {
  invalid_request: { status: 400, title: 'The request is malformed' },
  invalid_parameter: { status: 400, title: 'A parameter is not acceptable' },
  unknown_detector: { status: 400, title: 'There is no such detector' },
  missing_image: { status: 400, title: 'The form has no image' },
  missing_file: { status: 400, title: 'The form has no file' },
  unexpected_file: { status: 400, title: 'The form has a file that was not asked for' },
  unauthorized: { status: 401, title: 'A valid token or login is needed' },
  forbidden: { status: 403, title: 'This is not allowed' },
  enrolment_refused: { status: 403, title: 'The code or the credentials are not good' },
  not_found: { status: 404, title: 'There is no such resource' },
  method_not_allowed: { status: 405, title: 'The method is not allowed here' },
  conflict: { status: 409, title: 'The resource exists already' },
  last_administrator: { status: 409, title: 'Nobody could administer the program any more' },
  backup_busy: { status: 409, title: 'Another backup is being made' },
  detectors_busy: { status: 409, title: 'Another detector is being added or removed' },
  detector_not_removable: { status: 409, title: 'The detector was not added here' },
  notification_read_only: { status: 409, title: 'The configuration file declares the rule or way' },
  camera_read_only: { status: 409, title: 'The configuration file declares the camera' },
  cameras_busy: { status: 409, title: 'Another test or trial of cameras is under way' },
  upgrade_refused: { status: 409, title: 'The appliance cannot be upgraded now' },
  camera_takes_no_uploads: { status: 409, title: 'The camera takes no uploads' },
  too_many_bytes: { status: 413, title: 'The body has too many bytes' },
  too_many_pixels: { status: 413, title: 'The image has too many pixels' },
  unsupported_request_type: { status: 415, title: 'The request body is not of an accepted type' },
  unsupported_image_kind: { status: 415, title: 'The file is not an accepted kind of image' },
  range_not_satisfiable: { status: 416, title: 'The range lies outside the image' },
  invalid_configuration: { status: 422, title: 'The configuration cannot be used' },
  password_refused: { status: 422, title: 'The password cannot be used' },
  detector_refused: { status: 422, title: 'The detector cannot be used' },
  image_undecodable: { status: 422, title: 'The image does not decode' },
  image_damaged: { status: 422, title: 'The image is damaged' },
  image_too_costly: { status: 422, title: 'Decoding the image takes too much work' },
  image_crashed_decoder: { status: 422, title: 'The image crashed its decoder' },
  detection_timeout: { status: 422, title: 'The image took too long to analyse' },
  analysis_failed: { status: 422, title: 'The image was not analysed' },
  rate_limited: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Something went wrong here' },
  ffmpeg_missing: { status: 501, title: 'This needs ffmpeg, which is not installed' },
  camera_failed: { status: 502, title: 'The camera gave no snapshot' },
  queue_full: { status: 503, title: 'The detection queue is full' },
  streams_full: { status: 503, title: 'Too many event streams are open' },
  exports_busy: { status: 503, title: 'Other exports are being made' },
  uploads_full: { status: 503, title: 'Too many uploads are under way' },
  detection_unavailable: { status: 503, title: 'Detection is not available' },
  database_unavailable: { status: 503, title: 'The database is not available' },
  files_unavailable: { status: 503, title: 'The file store is not available' },
  broker_unavailable: { status: 503, title: 'The MQTT broker does not answer' },
  shutting_down: { status: 503, title: 'The service is stopping' },
  disk_budget_spent: { status: 507, title: 'The disk budget is spent' },
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof problemKinds;

const codes = Object.keys(problemKinds) as [ProblemCode, ...ProblemCode[]];

/** RFC 9457 problem details with a stable code. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(codes),
    detail: z.string().optional(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problemSchema>;
export type FieldError = NonNullable<Problem['errors']>[number];
