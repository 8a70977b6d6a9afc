const rules = new Intl.PluralRules('en');

/** "1 camera", "3 cameras": `{n}` in the text becomes the number in the reader's form. */
export const plural = (count: number, forms: { one: string; other: string }): string =>
  (rules.select(count) === 'one' ? forms.one : forms.other).replace(
    '{n}',
    new Intl.NumberFormat().format(count),
  );
