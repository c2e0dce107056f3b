/** Names and places for made-up people. Any likeness to a person is chance. */

export interface GivenNames {
  readonly female: readonly string[]
  readonly male: readonly string[]
}

export interface Commune {
  /** INSEE code: 2 or 3 characters of département, then the commune; 99 and the country abroad. */
  readonly code: string
  readonly name: string
  readonly postalCode?: string
}

export const givenNames: GivenNames = {
  female: [
    'Aïcha',
    'Anaïs',
    'Anne-Sophie',
    'Béatrice',
    'Chloé',
    'Clémence',
    'Éléonore',
    'Fatoumata',
    'Geneviève',
    'Héloïse',
    'Inès',
    'Jeanne',
    'Joëlle',
    'Léa',
    'Lucie',
    'Maëlys',
    'Marie-Ève',
    'Marie-Thérèse',
    'Mei-Lin',
    'Noémie',
    'Océane',
    'Rose-Mai',
    'Solène',
    'Yasmine',
    'Zoé',
  ],
  male: [
    'Abdelkader',
    'Aloïs',
    'André',
    'Bernard',
    'Cédric',
    'Élie',
    'Étienne',
    'François',
    'Gaëtan',
    'Hervé',
    'Jean-Baptiste',
    'Jean-François',
    'Joël',
    'Karim',
    'Loïc',
    'Mamadou',
    'Mathéo',
    'Maël',
    'Noé',
    'Pierre-Yves',
    'Raphaël',
    'Rémi',
    'Sacha',
    'Thanh',
    'Théo',
  ],
}

export const familyNames: readonly string[] = [
  'Abadie-Larrieu',
  'Akpovi',
  'Bachelier',
  'Béranger',
  'Benhaddou',
  'Boisvert',
  'Castelnérac',
  'Chanfreau',
  "D'Ornano-Leca",
  'Delaunoy',
  'Diarrassouba',
  'Étcheverria',
  'Fabrègues',
  'Ferreira Pinto',
  'Guyonvarc’h',
  'Hérault',
  'Jaouen',
  'Kervella',
  'Kowalczykowa',
  "L'Hermitte",
  'Lafontàna',
  'Le Quéré',
  'Léziart',
  'Mâcheret',
  'Mouhoubi',
  'Nguyên Van',
  'Noël-Sauvage',
  'Oudéa',
  'Pélissier',
  'Quémeneur',
  'Rakotoarivelo',
  'Saint-Amé',
  'Santini-Rossi',
  'Schœlcher',
  'Tréhouart',
  'Ünsal',
  'Vaïsse',
  'Wehrlé',
  'Yakoubi',
  'de La Roncière',
]

/** Communes of birth and residence; the codes are INSEE's. */
export const communes: readonly Commune[] = [
  { code: '75120', name: 'Paris 20e Arrondissement', postalCode: '75020' },
  { code: '69383', name: 'Lyon 3e Arrondissement', postalCode: '69003' },
  { code: '13201', name: 'Marseille 1er Arrondissement', postalCode: '13001' },
  { code: '59350', name: 'Lille', postalCode: '59000' },
  { code: '35238', name: 'Rennes', postalCode: '35000' },
  { code: '29019', name: 'Brest', postalCode: '29200' },
  { code: '67482', name: 'Strasbourg', postalCode: '67000' },
  { code: '31555', name: 'Toulouse', postalCode: '31000' },
  { code: '63113', name: 'Clermont-Ferrand', postalCode: '63000' },
  { code: '38185', name: 'Grenoble', postalCode: '38000' },
  { code: '42218', name: 'Saint-Étienne', postalCode: '42000' },
  { code: '72181', name: 'Le Mans', postalCode: '72000' },
  { code: '30189', name: 'Nîmes', postalCode: '30000' },
  { code: '2A004', name: 'Ajaccio', postalCode: '20000' },
  { code: '2B033', name: 'Bastia', postalCode: '20200' },
  { code: '97411', name: 'Saint-Denis', postalCode: '97400' },
  { code: '97209', name: 'Fort-de-France', postalCode: '97200' },
]

/** Where people born abroad were born: the country takes the commune's place. */
export const countriesOfBirth: readonly Commune[] = [
  { code: '99350', name: 'Maroc' },
  { code: '99139', name: 'Portugal' },
  { code: '99243', name: 'Viet Nam' },
]

export const streets: readonly string[] = [
  'rue des Églantiers',
  'rue du Puits-Salé',
  'avenue de la Libération',
  'chemin de la Croix-Blanche',
  'place du Marché-aux-Fleurs',
  'allée des Hêtres',
  'boulevard de la Forêt',
  "impasse de l'Abreuvoir",
]

/** A name as INSi returns it: capitals without accents. */
export function toStateName(name: string): string {
  return name
    .replaceAll('œ', 'oe')
    .replaceAll('’', "'")
    .normalize('NFD')
    .replaceAll(/\p{Mn}/gu, '')
    .toUpperCase()
}
