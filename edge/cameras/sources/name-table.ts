/** Names that were listed, but whose files were not looked at yet. */
export const NOT_EXAMINED = 0;

const INITIAL_SLOTS = 8;

/**
 * A 52-bit hash of a text, never 0 (cyrb53, two multiplicative hashes side by side). Two of a million names share one
 * with a probability of 10⁻⁴.
 */
export function hashOf(text: string): number {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 2_654_435_761);
    b = Math.imul(b ^ code, 1_597_334_677);
  }
  a = Math.imul(a ^ (a >>> 16), 2_246_822_507) ^ Math.imul(b ^ (b >>> 13), 3_266_489_909);
  b = Math.imul(b ^ (b >>> 16), 2_246_822_507) ^ Math.imul(a ^ (a >>> 13), 3_266_489_909);
  return (b & 0xfffff) * 4_294_967_296 + (a >>> 0) || 1;
}

/**
 * A number for each name, without the names: 300,000 names take 8 MiB, a tenth of a Map. Open addressing with linear
 * probing; at most 60 % of the slots are in use.
 */
export class NameTable {
  #keys = new Float64Array(INITIAL_SLOTS);
  #values = new Float64Array(INITIAL_SLOTS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(name: string): number | undefined {
    const slot = this.#slotOf(hashOf(name));
    return this.#keys[slot] === 0 ? undefined : this.#values[slot];
  }

  set(name: string, value: number): void {
    this.#put(hashOf(name), value);
  }

  /** Forgets the names that another table does not have. */
  keepOnly(others: NameTable): void {
    const [keys, values] = [this.#keys, this.#values];
    this.#keys = new Float64Array(INITIAL_SLOTS);
    this.#values = new Float64Array(INITIAL_SLOTS);
    this.#size = 0;
    for (const [i, key] of keys.entries())
      if (key !== 0 && others.#keys[others.#slotOf(key)] === key) this.#put(key, values[i] ?? 0);
  }

  #put(key: number, value: number): void {
    if (this.#size >= this.#keys.length * 0.6) this.#grow();
    const slot = this.#slotOf(key);
    if (this.#keys[slot] === 0) this.#size++;
    this.#keys[slot] = key;
    this.#values[slot] = value;
  }

  #slotOf(key: number): number {
    const mask = this.#keys.length - 1;
    let slot = (key % 4_294_967_296) & mask;
    while (this.#keys[slot] !== 0 && this.#keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [keys, values] = [this.#keys, this.#values];
    this.#keys = new Float64Array(keys.length * 2);
    this.#values = new Float64Array(keys.length * 2);
    this.#size = 0;
    for (const [i, key] of keys.entries()) if (key !== 0) this.#put(key, values[i] ?? 0);
  }
}
