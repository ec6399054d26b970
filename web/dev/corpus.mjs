// Words for the simulated stream. Invented; no real person's post.
export const kTasks = [
  { tag: 'harbour', rule: '(harbour OR ferry OR "night boat" OR #NightFerry) -is:repost' },
  { tag: 'transit strike', rule: '(#strike OR "no trains" OR metro) (lang:en OR lang:fr OR lang:de)' },
  { tag: 'Äpfel/ñandú', rule: '#harvest OR äpfel has:links' },
  { tag: 'weather', rule: 'storm OR #storm OR rain OR rainbow OR heatwave' },
];
export const kTags = ['NightFerry', 'strike', 'harvest', 'storm', 'coffee', 'openlibrary', 'derby', 'مهرجان', 'さくら', 'город', 'rainbow', 'commute', 'bakery', 'skyline'];
/// [language, country, mood -1..1, mixed, text, names, emotion]; {t} becomes a hashtag.
export const kTexts = [
  ['en', 'GB', 0.8, 0, 'The night ferry was on time and the sky was absolutely beautiful {t}', [], 'joy'],
  ['en', 'IE', -0.8, 0, 'Three hours on the platform, no trains, no news. A miserable evening. {t}', [], 'anger'],
  ['en', 'US', 0, 0, 'Line 4 resumes at 18:20, says the timetable at the harbour {t} https://example.org/line-4', ['product:Line 4']],
  ['en', 'GB', -0.1, 0.8, 'Loved the music, hated the queue. Would go again, would complain again. {t}'],
  ['fr', 'FR', -0.7, 0, 'Encore une grève, le métro est fermé, je suis en retard et furieuse {t}', [], 'anger'],
  ['fr', 'FR', 0.7, 0, 'Quel marché magnifique ce matin, tout sentait le pain chaud 🥖 {t}'],
  ['de', 'DE', 0.6, 0, 'Die Äpfel sind dieses Jahr herrlich, drei Kisten voll {t} 🍎'],
  ['de', 'AT', -0.6, 0, 'Der Sturm hat das Dach der alten Halle zerstört, so traurig {t}', [], 'sadness'],
  ['es', 'MX', 0.75, 0, 'Qué alegría volver al puerto, la gente cantaba en la calle {t}'],
  ['es', 'AR', -0.5, 0.2, 'Llueve otra vez y el paraguas se rompió en la primera esquina {t}'],
  ['ar', 'EG', 0.7, 0, 'كان المهرجان جميلاً والموسيقى رائعة هذه الليلة {t}'],
  ['he', 'IL', -0.4, 0, 'הרכבת שוב מאחרת ואין הודעה {t}'],
  ['ja', 'JP', 0.6, 0, '川沿いの桜がきれいでした。また来年 {t} 🌸'],
  ['ru', 'KZ', -0.3, 0, 'Город стоит в пробках, дождь не кончается {t}'],
  ['hi', 'IN', 0.5, 0, 'आज की चाय बहुत अच्छी थी, बारिश के साथ ☕ {t}'],
  ['pt', 'BR', 0.4, 0.5, 'Jogo lindo, juiz terrível. Que noite! {t}'],
  ['en', 'US', 0.05, 0, 'Harbour webcam, minute by minute: fog, fog, a gull, fog {t}'],
  ['en', 'CA', 0.65, 0, 'Whoever runs the little bakery by the ferry: thank you, best rye in town {t}'],
  ['en', 'AU', -0.75, 0, 'Storm took the power again. Second night. The freezer is a swamp. {t}'],
  ['tr', 'TR', 0.3, 0, 'Vapurda çay, martılar, biraz rüzgâr {t}'],
  ['en', 'GB', 0, 0, 'RT @harbourwatch: wind 31 knots, ferries every 40 minutes until further notice {t}'],
  ['en', 'IE', 0.6, 0, 'Mayor Nuala Brannock opened the new pier at Carrow Point, and for once everyone clapped {t}', ['person:Nuala Brannock', 'place:Carrow Point'], 'joy'],
  ['en', 'GB', 0.3, 0, 'Brannock says the Northline ferries will run all night by spring. Here is hoping {t}', ['person:Brannock', 'organisation:Northline'], 'optimism'],
  ['en', 'GB', -0.6, 0, 'Northline cut the last boat to Carrow Point and my grandmother cried on the quay {t}', ['organisation:Northline', 'place:Carrow Point'], 'sadness'],
  ['ar', 'EG', 0.5, 0, 'غنت سلمى الوادي في ميناء النور وكانت ليلة جميلة {t}', ['person:سلمى الوادي', 'place:ميناء النور'], 'joy'],
];
