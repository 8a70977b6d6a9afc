import type { Context } from 'koa';

/** Where a browser keeps the secret of its session. Over TLS the prefix keeps other hosts from setting it. */
export class SessionCookie {
  constructor(
    /** Over plain HTTP. */
    readonly name: string,
    private readonly maxAgeMs: number,
  ) {}

  /** The secret in a request; undefined if there is none, or several. */
  read(ctx: Context): string | undefined {
    const prefix = `${this.#nameFor(ctx)}=`;
    const values = ctx
      .get('Cookie')
      .split(';')
      .map((pair) => pair.trim())
      .filter((pair) => pair.startsWith(prefix))
      .map((pair) => pair.slice(prefix.length));
    return new Set(values).size === 1 ? values[0] : undefined;
  }

  set(ctx: Context, secret: string): void {
    ctx.append('Set-Cookie', this.#text(ctx, secret, Math.floor(this.maxAgeMs / 1_000)));
  }

  clear(ctx: Context): void {
    ctx.append('Set-Cookie', this.#text(ctx, '', 0));
  }

  #nameFor(ctx: Context): string {
    return isSecure(ctx) ? `__Host-${this.name}` : this.name;
  }

  #text(ctx: Context, value: string, maxAge: number): string {
    const secure = isSecure(ctx) ? '; Secure' : '';
    return `${this.#nameFor(ctx)}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Strict${secure}`;
  }
}

/** TLS may end here, or at a listed proxy. */
export const isSecure = (ctx: Context): boolean => ctx.secure || ctx.state.isSecure === true;
