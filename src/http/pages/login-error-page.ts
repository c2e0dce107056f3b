/** An error that cannot be sent back to the application, told to the person in front of it. */
import { escapeHtml, renderPage } from './page.ts'

const sentences: Readonly<Record<string, string>> = {
  invalid_client: 'L’application qui vous a envoyé ici n’est pas connue de ce serveur.',
  invalid_redirect_uri:
    'L’application qui vous a envoyé ici demande à revenir à une adresse qui n’est pas la sienne.',
  invalid_request: 'La demande de l’application est incomplète ou mal formée.',
  invalid_target: 'L’application s’adresse à un autre serveur que celui-ci.',
  invalid_scope: 'L’application demande des droits que ce serveur ne comprend pas.',
  access_denied: 'L’accès a été refusé.',
  session_not_found:
    'Cette connexion est terminée, a expiré, ou a commencé dans un autre navigateur. Recommencez depuis l’application.',
  not_found: 'Cette page n’existe pas.',
  forbidden: 'Ce formulaire ne vient pas de ce serveur. Recommencez depuis l’application.',
  server_error: 'Le serveur a rencontré une erreur. Recommencez dans un instant.',
}

export function renderLoginErrorPage(error: string): string {
  const known = Object.hasOwn(sentences, error) ? error : 'invalid_request'
  return renderPage({
    title: 'Connexion impossible',
    body: `
<h1>Connexion impossible</h1>
<p class="notice" role="alert">${escapeHtml(sentences[known]!)}</p>
<p>Rien n’a été transmis à l’application. Code technique : <code>${escapeHtml(error)}</code>.</p>`,
  })
}
