/**
 * Lines for the head of the demo page. Previews and search engines need whole addresses (Open Graph protocol, ogp.me), and
 * the Host header of a request is what a client made it: only the configuration knows the address.
 */
export function publicHead(publicUrl: string): string {
  const { origin } = new URL(publicUrl);
  return [
    `<link rel="canonical" href="${origin}/" />`,
    `<meta property="og:url" content="${origin}/" />`,
    `<meta property="og:image" content="${origin}/card.jpg" />`,
    `<meta name="twitter:image" content="${origin}/card.jpg" />`,
  ].join('');
}
