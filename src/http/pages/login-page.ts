/** The login page of the sandbox: its people, one button each. A screen reader hears who asks first. */
import type { InteractionStep } from '../../auth/interactions.ts'
import type { Account } from '../../auth/registrations.ts'
import { formStyle, hiddenFields, refuseButton } from './login-form.ts'
import { escapeHtml, renderPage } from './page.ts'

type LoginStep = Extract<InteractionStep, { kind: 'login' }>

const groups: readonly (readonly [Account['kind'], string])[] = [
  ['citizen', 'Citoyens'],
  ['professional', 'Professionnels de santé'],
  ['operator', 'Exploitation'],
]

export function renderLoginPage({ client, people, csrf }: LoginStep): string {
  const sections = groups
    .map(([kind, title]) => [title, people.filter((person) => person.kind === kind)] as const)
    .filter(([, members]) => members.length > 0)
    .map(([title, members]) => renderGroup(title, members))
  return renderPage({
    title: 'Se connecter',
    body: `${formStyle}
<h1>Se connecter</h1>
<p><strong>${escapeHtml(client.name)}</strong> (${escapeHtml(client.publisher)}) vous demande de vous connecter.</p>
<p class="notice">Bac à sable : ces personnes sont inventées, et aucun mot de passe n’est demandé.</p>
<form method="post">
${hiddenFields({ csrf })}
${sections.join('\n')}
${refuseButton('Annuler et revenir à l’application')}
</form>`,
  })
}

function renderGroup(title: string, people: readonly Account[]): string {
  const buttons = people.map(
    ({ id, name, note }) =>
      `<li><button class="choice" name="account" value="${escapeHtml(id)}"><span>${escapeHtml(name)}</span>${
        note === undefined ? '' : `<small>${escapeHtml(note)}</small>`
      }</button></li>`,
  )
  return `<h2>${title}</h2>\n<ul class="choices">\n${buttons.join('\n')}\n</ul>`
}
