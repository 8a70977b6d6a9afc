import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema: object;
}

export interface Operation {
  operationId: string;
  parameters: Parameter[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { content?: Record<string, { schema?: object }> }>;
}

export interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
}

/** The answer to a call. `type` is the media type without parameters; `json` is undefined if the body is none. */
export interface Came {
  status: number;
  type: string;
  json: unknown;
}

/** Compares answers with the OpenAPI document of the API. */
export class DocumentedAnswers {
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });

  constructor(private readonly document: OpenApi) {
    (formats as unknown as (ajv: Ajv2020) => void)(this.#ajv);
    this.#ajv.addSchema({ $id: 'api', components: document.components });
  }

  /** What is wrong with an answer; undefined if its status is documented and its body has the documented form. */
  fault(method: string, template: string, { status, type, json }: Came): string | undefined {
    const operation = `${method} ${template}`;
    const response = this.document.paths[template]?.[method]?.responses[status];
    if (!response) return `${operation} answered ${status}, which it does not document`;
    if (!response.content) return undefined;
    const documented = response.content[type];
    if (!documented) return `${operation} answered ${type}, which it does not document`;
    if (json === undefined || !documented.schema) return undefined;
    const schema = JSON.parse(JSON.stringify(documented.schema).replaceAll('"#/', '"api#/'));
    if (this.#ajv.validate(schema, json)) return undefined;
    return `${operation} ${status}: ${this.#ajv.errorsText()}`;
  }
}
