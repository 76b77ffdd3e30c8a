/** A random key for one intended order: 128 bits, also where `crypto.randomUUID` is missing (plain http on a LAN). */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
