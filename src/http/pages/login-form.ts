/** What the three pages of a login share: hidden fields, buttons and their look. */
import { escapeHtml } from './page.ts'

export function hiddenFields(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`)
    .join('')
}

export function refuseButton(text: string): string {
  return `<p class="actions"><button class="plain" name="action" value="refuse">${escapeHtml(text)}</button></p>`
}

export const formStyle = `<style>
ul.choices { list-style: none; padding: 0; display: grid; gap: 0.5rem; }
button { font: inherit; cursor: pointer; border-radius: 6px; padding: 0.6rem 0.9rem; }
button:focus-visible, input:focus-visible, select:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
button.choice { width: 100%; text-align: left; color: var(--ink); background: var(--soft); border: 1px solid var(--line); }
button.choice:hover { border-color: var(--accent); }
button.choice span { font-weight: 600; } button.choice small { display: block; color: var(--quiet); }
button.main { color: var(--paper); background: var(--accent); border: 1px solid var(--accent); font-weight: 600; }
button.plain { color: var(--ink); background: transparent; border: 1px solid var(--line); }
.actions { display: flex; flex-wrap: wrap; gap: 0.8rem; margin-top: 1.5rem; }
fieldset { border: 1px solid var(--line); border-radius: 6px; margin: 1rem 0; padding: 0.6rem 1rem; }
legend { font-weight: 600; padding: 0 0.4rem; }
fieldset label { display: block; padding: 0.3rem 0; }
select { font: inherit; padding: 0.3rem; }
</style>`
