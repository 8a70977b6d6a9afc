import type { Sighting } from '../../../core/contract/sighting.js';

/** Of a picture in an export. */
interface CocoImage {
  id: number;
  /** Relative to the file with the annotations. */
  file_name: string;
  width: number;
  height: number;
  date_captured: string;
  siteglass_image: string;
  siteglass_camera: string;
}

interface CocoAnnotation {
  id: number;
  image_id: number;
  category_id: number;
  /** x, y, width and height in pixels. */
  bbox: [number, number, number, number];
  area: number;
  segmentation: [];
  iscrowd: 0;
  score: number;
  siteglass_sighting: string;
  siteglass_detector: string;
  siteglass_zones: string[];
  siteglass_wrong: boolean;
  siteglass_note?: string;
}

/** A picture that was put into the export. */
export interface ExportedPicture {
  image: string;
  fileName: string;
  width: number;
  height: number;
}

/** The annotations of an export in COCO's form (cocodataset.org, "Object Detection"). */
export class CocoDocument {
  readonly #images: CocoImage[] = [];
  readonly #annotations: CocoAnnotation[] = [];
  readonly #categories = new Map<string, number>();

  /** The sightings that this picture shows best. */
  add({ image, fileName, width, height }: ExportedPicture, sightings: readonly Sighting[]): void {
    const [first] = sightings;
    if (!first) return;
    const id = this.#images.length + 1;
    this.#images.push({
      ...{ id, file_name: fileName, width, height },
      date_captured: first.best.takenAt,
      siteglass_image: image,
      siteglass_camera: first.camera,
    });
    for (const sighting of sightings) this.#annotate(id, sighting);
  }

  toJson(site: string, version: string, at: string): string {
    return JSON.stringify({
      info: {
        description: `Sightings of ${site}. Boxes and sizes are those of upright pictures: turn one by its EXIF orientation. An annotation with siteglass_wrong was marked as wrong.`,
        version,
        year: new Date(at).getUTCFullYear(),
        contributor: site,
        date_created: at,
      },
      licenses: [],
      images: this.#images,
      annotations: this.#annotations,
      categories: [...this.#categories].map(([name, id]) => ({ id, name, supercategory: '' })),
    });
  }

  #annotate(image: number, { id, label, detector, best, zones, mark }: Sighting): void {
    const { x, y, width, height } = best.box;
    const category = this.#categories.get(label) ?? this.#categories.size + 1;
    this.#categories.set(label, category);
    this.#annotations.push({
      id: this.#annotations.length + 1,
      image_id: image,
      category_id: category,
      bbox: [x, y, width, height],
      area: width * height,
      segmentation: [],
      iscrowd: 0,
      score: best.confidence,
      siteglass_sighting: id,
      siteglass_detector: detector,
      siteglass_zones: zones,
      siteglass_wrong: mark !== null,
      ...(mark && mark.note !== '' && { siteglass_note: mark.note }),
    });
  }
}
