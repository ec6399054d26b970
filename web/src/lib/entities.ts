// Names of people, places and things as the API writes them: "person:Angela Merkel". Pure.
export interface Entity { type: string; name: string }

/// A key without a type is all name.
export function entityOf(key: string): Entity {
  const match = /^([a-z]{2,20}):(?!\/\/)(.*)$/su.exec(key);
  return match ? { type: match[1]!, name: match[2]! || key } : { type: '', name: key };
}
export const entityKey = (type: string, name: string): string => (type ? `${type}:${name}` : name);

/// The types that occur, in order of their first row.
export function typesOf(keys: readonly string[]): string[] {
  return [...new Set(keys.map((key) => entityOf(key).type))].filter(Boolean);
}
/// A search for exactly these words side by side.
export const phrase = (text: string): string => `"${text.replaceAll('"', ' ').replace(/\s+/g, ' ').trim()}"`;
