/** The frame of every page: French, readable by keyboard and screen reader, no script, no font from elsewhere. */

export interface Page {
  readonly title: string
  readonly language?: 'fr' | 'en'
  /** Ready HTML: whoever makes it escapes what it puts in. */
  readonly body: string
}

export function renderPage({ title, body, language = 'fr' }: Page): string {
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<header><a class="brand" href="/">Passerelle</a><span>Serveur FHIR R4 · CI-SIS</span></header>
<main>
${body}
</main>
</body>
</html>
`
}

const replacements: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => replacements[character]!)
}

const style = `
:root { color-scheme: light dark; --ink: #15202e; --paper: #fbfaf7; --line: #d9d4c7; --accent: #0b57a4; --soft: #f1eee6; }
@media (prefers-color-scheme: dark) { :root { --ink: #e9e6de; --paper: #14181d; --line: #37404a; --accent: #7db8f5; --soft: #1d232a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", sans-serif; }
header { display: flex; gap: 1rem; align-items: baseline; padding: 1rem clamp(1rem, 5vw, 4rem); border-bottom: 1px solid var(--line); }
header span { color: color-mix(in srgb, var(--ink) 70%, transparent); }
.brand { font-weight: 700; font-size: 1.2rem; color: var(--ink); text-decoration: none; letter-spacing: -0.01em; }
main { max-width: 58rem; padding: 1.5rem clamp(1rem, 5vw, 4rem) 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; letter-spacing: -0.02em; margin: 1rem 0 0.5rem; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 0.5rem; }
a { color: var(--accent); }
a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: 6px; padding: 0.8rem 1rem; overflow-x: auto; font: 0.85rem/1.5 ui-monospace, Menlo, Consolas, monospace; }
code { font: 0.9em ui-monospace, Menlo, Consolas, monospace; }
ul.links { list-style: none; padding: 0; display: grid; gap: 0.5rem; }
ul.links li { border: 1px solid var(--line); border-radius: 6px; padding: 0.6rem 0.9rem; }
ul.links small { display: block; color: color-mix(in srgb, var(--ink) 70%, transparent); }
.notice { border-left: 4px solid #b45309; padding: 0.4rem 1rem; background: var(--soft); }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: 0.4rem 0.6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
`
