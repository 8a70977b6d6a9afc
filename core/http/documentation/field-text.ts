/** What a field means, and a value that it may really have. */
export type FieldText = readonly [description: string, example?: unknown];

/**
 * By the name of the field, because one word stands for one thing; by `parent.field` or `Schema.path.to.field` if it means
 * something else there.
 */
export type FieldTexts = Readonly<Record<string, FieldText>>;
