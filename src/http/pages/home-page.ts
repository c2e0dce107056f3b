/** The page at `/`: what this server is, and the next step of somebody who has just started it. */
import { escapeHtml, renderCommand, renderPage } from './page.ts'

/** Somebody in the demonstration data, for links and commands that find something. */
export interface ExamplePatient {
  readonly id: string
  readonly name: string
  readonly ins: { readonly system: string; readonly value: string }
}

export interface HomePageFacts {
  readonly baseUrl: string
  readonly version: string
  readonly ready: boolean
  readonly reason?: string | undefined
  readonly access: 'open' | 'sandbox' | 'smart'
  /** None without demonstration data. */
  readonly patient?: ExamplePatient | undefined
}

export function renderHomePage(facts: HomePageFacts): string {
  const { baseUrl, version, ready, reason, access, patient } = facts
  const state = ready
    ? '<p>Le serveur est prêt.</p>'
    : `<p class="notice" role="status">Le serveur n’est pas encore prêt : ${escapeHtml(french(reason))}. Rechargez la page dans un instant.</p>`
  return renderPage({
    title: 'Accueil',
    current: 'home',
    body: `
<h1>Votre serveur FHIR est en marche</h1>
<p>Passerelle ${escapeHtml(version)} répond à l’adresse <code>${escapeHtml(baseUrl)}</code>, en FHIR R4 (4.0.1) et en JSON.</p>
${state}
${notices[access]}
${access === 'sandbox' ? renderToken(baseUrl) : ''}
${patient ? renderPatient(facts, patient) : ''}
${renderLinks(facts)}
${renderWriting(facts)}
<h2>Rejouer le parcours d’un document</h2>
<p>Dans le dossier du projet, le serveur étant en marche :</p>
${renderCommand('Rejouer le parcours', 'npm run demo')}
<p>Un lot est déposé (CDA et PDF), trouvé par l’INS dans la même seconde, lu octet pour octet, puis remplacé ; un lot faux ne laisse rien ; les dix transactions du DMP sont jouées, refus compris.</p>
<h2>Lire la suite</h2>
<p>Le fichier <code>README.md</code> du projet dit ce qui marche et ce qui manque encore ; <code>docs/configuration.md</code> donne tous les réglages, et <code>docs/requests/</code> des requêtes prêtes à envoyer.</p>`,
  })
}

const notices: Readonly<Record<HomePageFacts['access'], string>> = {
  open: '<p class="notice"><strong>Accès ouvert</strong> (<code>AUTH=open</code>) : le serveur ne demande aucune authentification et n’écoute que cette machine. N’y mettez pas de données personnelles.</p>',
  sandbox:
    '<p class="notice"><strong>Bac à sable</strong> (<code>AUTH=sandbox</code>) : chaque requête porte le jeton d’un appelant de démonstration. N’y mettez pas de données personnelles.</p>',
  smart:
    '<p>Chaque requête porte un jeton (SMART App Launch) ; voyez <code>.well-known/smart-configuration</code> sous l’adresse du serveur.</p>',
}

function tokenOption({ access }: HomePageFacts): string {
  return access === 'open' ? '' : ` \\\n  -H "Authorization: Bearer $TOKEN"`
}

function renderToken(baseUrl: string): string {
  const callers = new URL('/sandbox/callers.json', baseUrl).href
  return `
<h2>Prendre un jeton</h2>
<p>Les <a href="/sandbox/callers.json">appelants de démonstration</a> (médecins, établissements, patients, application) ont chacun un jeton prêt. Celui d’un établissement :</p>
${renderCommand(
  'Prendre un jeton',
  `TOKEN=$(curl -s ${callers} |
  node -p 'JSON.parse(fs.readFileSync(0)).find((c) => c.kind === "establishment").token')`,
)}`
}

function renderPatient(facts: HomePageFacts, { id, name, ins }: ExamplePatient): string {
  const { baseUrl, access } = facts
  const base = escapeHtml(baseUrl)
  const header = tokenOption(facts)
  const look = (href: string, text: string) =>
    access === 'open' ? `<a href="${href}">${text}</a>` : text
  return `
<h2>Un dossier de démonstration</h2>
<p>Les personnes et les documents de démonstration sont inventés ; leur INS est sous l’OID de test.</p>
<dl class="facts">
<dt>Nom</dt><dd>${look(`${base}/Patient/${id}?_pretty=true`, escapeHtml(name))} (<code>Patient/${id}</code>)</dd>
<dt>INS</dt><dd><code>${escapeHtml(ins.value)}</code>, sous l’OID <code>${escapeHtml(ins.system.replace('urn:oid:', ''))}</code></dd>
${access === 'open' ? `<dt>Documents</dt><dd>${look(`${base}/DocumentReference?patient=Patient/${id}&amp;status=current&amp;_sort=-date&amp;_pretty=true`, 'fiches en cours')}, ${look(`${base}/List?patient=Patient/${id}&amp;code=submissionset&amp;status=current&amp;_pretty=true`, 'lots de soumission')}</dd>` : ''}
</dl>
<h3>Trouver ses documents par l’INS</h3>
<p>L’INS va dans le corps de la requête : les adresses finissent dans des journaux.</p>
${renderCommand(
  'Trouver des documents par l’INS',
  `curl '${baseUrl}/DocumentReference/_search?_pretty=true'${header} \\
  -d 'patient.identifier=${ins.system}|${ins.value}' \\
  -d 'status=current'`,
)}
<h3>Vérifier que son dossier est ouvert (TD0.2)</h3>
${renderCommand(
  'Trouver un patient par l’INS',
  `curl '${baseUrl}/Patient/_search?_pretty=true'${header} \\
  -d 'identifier=${ins.system}|${ins.value}'`,
)}`
}

/** A browser has no token: what needs one is linked only where none is needed. */
function renderLinks({ baseUrl, access }: HomePageFacts): string {
  const base = escapeHtml(baseUrl)
  return `
<h2>Regarder</h2>
<ul class="links">
${access === 'open' ? renderDataLinks(base) : ''}
${link(`${base}/metadata?_pretty=true`, 'CapabilityStatement', 'ce que le serveur sait faire, déduit de ses routes')}
${link('/rules', 'Règles', 'cause et remède de chaque refus')}
${link('/health/ready', 'État du serveur', 'prêt ou non, en JSON')}
${link('/metrics', 'Mesures', 'au format Prometheus')}
</ul>`
}

function renderDataLinks(base: string): string {
  return `${link(`${base}/Patient?_pretty=true`, 'Patients', 'noms accentués, identités qualifiées')}
${link(`${base}/DocumentReference?status=current&amp;_sort=-date&amp;_pretty=true`, 'Documents, du plus récent au plus ancien', 'fiches PDSm ; attachment.url mène aux octets')}
${link(`${base}/_history?_count=5&amp;_pretty=true`, 'Dernières écritures', 'l’historique de tout le serveur')}`
}

function renderWriting(facts: HomePageFacts): string {
  const { baseUrl } = facts
  const header = tokenOption(facts)
  return `
<h2>Écrire</h2>
<h3>Créer une ressource</h3>
${renderCommand(
  'Créer une ressource',
  `curl '${baseUrl}/Organization?_pretty=true'${header} \\
  -H 'Content-Type: application/fhir+json' \\
  -d '{"resourceType":"Organization","name":"Cabinet médical des Tilleuls"}'`,
)}
<h3>Faire une erreur, et lire pourquoi</h3>
${renderCommand(
  'Envoyer une ressource fausse',
  `curl '${baseUrl}/Patient?_pretty=true'${header} \\
  -H 'Content-Type: application/fhir+json' \\
  -d '{"resourceType":"Patient","gender":"homme","birthDate":"2026-02-31"}'`,
)}
<p>Chaque refus nomme l’élément et la règle ; la <a href="/rules">page des règles</a> en donne la cause et le remède.</p>`
}

function link(href: string, name: string, note: string): string {
  return `<li><a href="${href}">${name}</a><span>${note}</span></li>`
}

function french(reason: string | undefined): string {
  return reason === 'demonstration data is being loaded'
    ? 'les données de démonstration se chargent'
    : (reason ?? 'démarrage en cours')
}
