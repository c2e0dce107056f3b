/** The frame of every page: French, readable by keyboard and screen reader, no script, no font from elsewhere. */

export interface Page {
  /** Of this page alone; the name of the server is put behind it. */
  readonly title: string
  /** Ready HTML: whoever makes it escapes what it puts in. */
  readonly body: string
  readonly current?: 'home' | 'rules'
}

export function renderPage({ title, body, current }: Page): string {
  const link = (href: string, name: string, isCurrent: boolean) =>
    `<a href="${href}"${isCurrent ? ' aria-current="page"' : ''}>${name}</a>`
  return `<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)} - Passerelle, serveur FHIR</title>
<style>${style}</style>
</head>
<body>
<a class="skip" href="#contenu">Aller au contenu</a>
<header>
<p class="brand"><strong>Passerelle</strong> <span>Serveur FHIR R4</span></p>
<nav aria-label="Pages">${link('/', 'Accueil', current === 'home')} ${link('/rules', 'Règles', current === 'rules')}</nav>
</header>
<main id="contenu" tabindex="-1">
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

/** A command to copy. It may be wider than the page, so the keyboard must be able to scroll it. */
export function renderCommand(label: string, text: string): string {
  return `<pre tabindex="0" role="region" aria-label="${escapeHtml(label)}"><code>${escapeHtml(text)}</code></pre>`
}

const style = `
:root { --ink: #15202e; --quiet: #46505c; --paper: #fbfaf7; --line: #c9c3b4; --accent: #0b4f96; --soft: #f1eee6; --mark: #a34a05; }
@media (prefers-color-scheme: dark) { :root { --ink: #ece9e1; --quiet: #b4bac2; --paper: #14181d; --line: #434d58; --accent: #8cc1f8; --soft: #1d232a; --mark: #f0a35a; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", sans-serif; }
.skip { position: absolute; left: -100rem; padding: 0.6rem 1rem; background: var(--paper); color: var(--accent); }
.skip:focus { left: 0; top: 0; z-index: 1; }
header { display: flex; flex-wrap: wrap; gap: 0.4rem 2rem; align-items: baseline; justify-content: space-between; padding: 0.9rem clamp(1rem, 5vw, 4rem); border-bottom: 1px solid var(--line); }
header p { margin: 0; }
.brand strong { font-size: 1.2rem; letter-spacing: -0.01em; }
.brand span { color: var(--quiet); margin-left: 0.6rem; }
nav { display: flex; gap: 1.2rem; }
nav a[aria-current] { color: var(--ink); font-weight: 600; }
main { max-width: 60rem; padding: 1.2rem clamp(1rem, 5vw, 4rem) 4rem; }
main:focus { outline: none; }
h1 { font-size: clamp(1.5rem, 1.2rem + 1.6vw, 2rem); line-height: 1.2; letter-spacing: -0.02em; margin: 0.8rem 0 0.6rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 2.4rem 0 0.5rem; }
h3 { font-size: 1.02rem; margin: 1.4rem 0 0.4rem; }
p, dd, li { max-width: 46rem; overflow-wrap: anywhere; }
a { color: var(--accent); text-underline-offset: 0.15em; }
a:focus-visible, pre:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: 6px; padding: 0.8rem 1rem; overflow-x: auto; }
code { font: 0.875em/1.5 ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
pre code { overflow-wrap: normal; }
ul.links { list-style: none; padding: 0; display: grid; gap: 0.5rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); }
ul.links li { border: 1px solid var(--line); border-radius: 6px; padding: 0.6rem 0.9rem; }
ul.links span { display: block; color: var(--quiet); font-size: 0.92rem; }
.notice { border-left: 4px solid var(--mark); padding: 0.5rem 1rem; background: var(--soft); }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: 0.2rem 1.2rem; }
dl.facts dt { color: var(--quiet); } dl.facts dd { margin: 0; }
ul.rules { list-style: none; padding: 0; }
ul.rules li { padding: 0.5rem 0; border-bottom: 1px solid var(--line); }
ul.rules span { display: block; }
ul.rules .en { color: var(--quiet); font-size: 0.92rem; }
.columns { display: grid; gap: 0 3rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); }
`
