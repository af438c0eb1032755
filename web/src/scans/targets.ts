/** Pasted targets: separated by lines, commas, semicolons or spaces; a repeated one is sent once. */
export function readTargets(text: string): { unique: string[]; repeated: string[] } {
  const unique = new Set<string>();
  const repeated: string[] = [];
  for (const target of text.split(/[\s,;]+/)) {
    if (target === "") continue;
    if (unique.has(target)) repeated.push(target);
    else unique.add(target);
  }
  return { unique: [...unique], repeated };
}
