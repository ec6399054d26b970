// The demo's grammars of the other languages. A topic's noun stands where neither its case nor its
// gender matters, so that every combination is a sentence. Written for heartbeat.
#include <map>

#include "source/demo/grammar.h"
#include "source/demo/texts.h"

namespace hb {

namespace {

constexpr std::string_view kSpanish = R"text(
football = el fútbol de hoy | este derbi de fútbol | el fútbol en la plaza
transit = el tranvía nuevo | el metro de la mañana | este tranvía del puerto
weather = la tormenta de anoche | esta tormenta sobre el puerto | la tormenta que viene
coffee = el café de la esquina | mi café de las {hora} | este café del mercado
lumo = mi Lumo nuevo | la cámara del Lumo | la batería del Lumo
aurora = el cohete de esta noche | el cohete de la misión Aurora | ver el cohete desde la playa
chat = mi vecino del tercero | el domingo en casa | la sopa de mi abuela | mi gato
hora = siete | ocho | nueve | cuatro | cinco
quien = mi hermana | mi jefe | toda la oficina | el barrio entero | mi padre | media ciudad
cuando = hoy | esta tarde | otra vez | desde temprano | a estas horas
pos = me encanta {noun}, qué alegría {cuando} | {noun} me hace feliz {cuando} | qué maravilla {noun}, {quien} también lo dice | {noun}: simplemente genial | gracias, {noun} me alegra el día | {quien} y yo felices con {noun}
neg = {noun} me tiene harto {cuando} | qué horror {noun}, de verdad | {noun}: un desastre {cuando} | odio {noun}, {quien} también | {noun} no sirve, qué vergüenza | qué triste {noun} {cuando}
neu = ¿alguien sabe algo de {noun}? | {quien} pregunta por {noun} {cuando} | {noun}, a las {hora} en la plaza | esperando {noun} con {quien} | ¿a qué hora es {noun}?
mix = {noun}: lo mejor y lo peor {cuando} | me gusta {noun}, pero no el precio
open = oigan, | la verdad, | bueno, | amigos, | dato:
close = ¿y ustedes? | qué día. | nada más. | ya está. | buenas noches.
reply = totalmente de acuerdo | no puede ser | ¿dónde fue eso? | qué bueno leerte | a mí me pasó igual
)text";

constexpr std::string_view kPortuguese = R"text(
football = o futebol de hoje | esse clássico de futebol | o futebol da praça
transit = o metro da manhã | o metro novo | esse metro cheio
weather = a tempestade de ontem | essa tempestade na serra | a tempestade que vem aí
coffee = o café da esquina | meu café das {hora} | esse café da feira
lumo = meu Lumo novo | a câmera do Lumo | a bateria do Lumo
aurora = o foguete de hoje | o foguete da missão Aurora | ver o foguete da praia
chat = meu vizinho | o domingo em casa | a sopa da minha avó | meu gato
hora = sete | oito | nove | quatro | cinco
quem = minha irmã | meu chefe | o escritório todo | a rua inteira | meu pai | meia cidade
quando = hoje | agora | de novo | desde cedo | esta noite
pos = adoro {noun}, que alegria {quando} | {noun} me deixa feliz {quando} | que maravilha {noun}, {quem} concorda | {noun}: simplesmente incrível | obrigado, {noun} salvou meu dia | {quem} e eu felizes com {noun}
neg = {noun} me cansa {quando} | que horror {noun}, sério | {noun}: um desastre {quando} | odeio {noun}, {quem} também | {noun} não presta, que vergonha | que tristeza {noun} {quando}
neu = alguém sabe de {noun}? | {quem} perguntou por {noun} {quando} | {noun}, às {hora} na praça | esperando {noun} com {quem} | a que horas é {noun}?
mix = {noun}: o melhor e o pior {quando} | gosto de {noun}, mas não do preço
open = gente, | olha, | sinceramente, | amigos, | só digo:
close = e vocês? | que dia. | é isso. | boa noite. | pronto, falei.
reply = concordo demais | não acredito | onde foi isso? | que bom saber | aconteceu comigo também
)text";

constexpr std::string_view kFrench = R"text(
football = le football de ce soir | ce derby de football | le football sur la place
transit = le tramway du port | le métro du matin, ce metro | le nouveau tramway
weather = la tempête de cette nuit | cet orage sur la ville | la tempête qui arrive
coffee = le café du coin | mon café de {heure} heures | ce café du marché
lumo = mon nouveau Lumo | la caméra du Lumo | la batterie du Lumo
aurora = la fusée de ce soir | la fusée de la mission Aurora | cette fusée dans le ciel
chat = mon voisin | le dimanche à la maison | la soupe de ma grand-mère | mon chat
heure = sept | huit | neuf | quatre | cinq
qui = ma sœur | mon chef | tout le bureau | toute la rue | mon père | la moitié de la ville
quand = aujourd'hui | ce soir | encore | depuis ce matin | en ce moment
pos = j'adore {noun}, quel bonheur {quand} | {noun} me rend heureux {quand} | quelle merveille, {noun} | {noun} : tout simplement génial | merci, {noun} sauve ma journée | {qui} sourit : {noun}
neg = {noun} m'énerve {quand} | quelle horreur, {noun} | {noun} : une catastrophe {quand} | je déteste {noun}, {qui} aussi | {noun}, c'est nul, quelle honte | quelle tristesse, {noun} {quand}
neu = quelqu'un a des nouvelles ? {noun} | {qui} en parle : {noun} | {noun}, à {heure} heures sur la place | on attend {noun} avec {qui} | c'est quand, {noun} ?
mix = {noun} : le meilleur et le pire {quand} | j'aime bien {noun}, pas le prix
open = bon, | franchement, | les amis, | petit mot : | alors
close = et vous ? | quelle journée. | voilà. | bonne nuit. | à demain.
reply = tout à fait d'accord | pas possible | c'était où ? | ça fait plaisir | pareil pour moi
)text";

constexpr std::string_view kGerman = R"text(
football = der Fußball heute | dieses Derby, so ein Fußball | Fußball auf dem Marktplatz
transit = die Straßenbahn zum Hafen | die neue Straßenbahn | die Metro am Morgen
weather = das Gewitter letzte Nacht | so ein Gewitter über der Stadt | das nächste Gewitter
coffee = der Kaffee an der Ecke | mein Kaffee um {uhr} | dieser Kaffee vom Markt
lumo = mein neues Lumo | die Kamera vom Lumo | der Akku vom Lumo
aurora = die Rakete heute Nacht | die Rakete der Aurora-Mission | so eine Rakete am Himmel
chat = mein Nachbar | ein Sonntag zu Hause | die Suppe meiner Oma | meine Katze
uhr = sieben | acht | neun | vier | fünf
wer = meine Schwester | mein Chef | das ganze Büro | die halbe Straße | mein Vater | die ganze Stadt
wann = heute | schon wieder | seit heute früh | gerade eben | am Abend
pos = {noun} macht mich {wann} richtig glücklich | {noun}: einfach großartig | wie schön, {noun} | {noun} ist ein Traum, sagt {wer} | danke, {noun} rettet mir den Tag | {wer} strahlt: {noun}
neg = {noun} nervt {wann} gewaltig | wie schrecklich, {noun} | {noun}: eine Katastrophe {wann} | {noun} ist eine Zumutung, findet {wer} | {noun} taugt nichts, wie peinlich | wie traurig, {noun} {wann}
neu = weiß jemand Genaueres? {noun} | {wer} fragt: {noun}? | {noun}, um {uhr} am Platz | {wer} wartet: {noun} | wann genau? {noun}
mix = {noun}: das Beste und das Schlimmste {wann} | {noun} ist schön, der Preis nicht
open = also, | ehrlich, | Leute, | kurze Notiz: | tja,
close = und ihr? | was für ein Tag. | das war's. | gute Nacht. | bis morgen.
reply = sehe ich genauso | das gibt es doch nicht | wo war das? | freut mich sehr | bei mir auch
)text";

constexpr std::string_view kItalian = R"text(
football = il calcio di stasera | questo derby di calcio | il calcio in piazza
transit = la metro del mattino | il tram del porto | il nuovo tram
weather = il temporale di ieri | questo temporale in città | il temporale in arrivo
coffee = il caffè all'angolo | il mio caffè delle {ora} | questo caffè del mercato
lumo = il mio nuovo Lumo | la fotocamera del Lumo | la batteria del Lumo
aurora = il razzo di stanotte | il razzo della missione Aurora | questo razzo nel cielo
chat = il mio vicino | la domenica a casa | la minestra di nonna | il mio gatto
ora = sette | otto | nove | quattro | cinque
chi = mia sorella | il mio capo | tutto l'ufficio | tutta la via | mio padre | mezza città
quando = oggi | stasera | di nuovo | da stamattina | adesso
pos = adoro {noun}, che gioia {quando} | {noun} mi rende felice {quando} | che meraviglia, {noun} | {noun}: semplicemente fantastico | grazie, {noun} mi salva la giornata | {chi} sorride: {noun}
neg = {noun} mi fa arrabbiare {quando} | che orrore, {noun} | {noun}: un disastro {quando} | odio {noun}, anche {chi} | {noun} non vale niente, che vergogna | che tristezza, {noun} {quando}
neu = qualcuno ne sa di più? {noun} | {chi} chiede: {noun}? | {noun}, alle {ora} in piazza | aspettando {noun} con {chi} | a che ora? {noun}
mix = {noun}: il meglio e il peggio {quando} | mi piace {noun}, non il prezzo
open = allora, | davvero, | amici, | nota: | beh,
close = e voi? | che giornata. | ecco. | buonanotte. | a domani.
reply = sono d'accordo | non ci credo | dov'era? | che bello | anche a me
)text";

constexpr std::string_view kDutch = R"text(
football = het voetbal van vanavond | deze derby, dit voetbal | voetbal op het plein
transit = de tram naar de haven | de nieuwe tram | de metro van vanochtend
weather = de storm van vannacht | deze storm boven de stad | de storm die eraan komt
coffee = de koffie op de hoek | mijn koffie van {uur} uur | deze koffie van de markt
lumo = mijn nieuwe Lumo | de camera van de Lumo | de batterij van de Lumo
aurora = de raket van vannacht | de raket van de Aurora-missie | deze raket in de lucht
chat = mijn buurman | een zondag thuis | de soep van oma | mijn kat
uur = zeven | acht | negen | vier | vijf
wie = mijn zus | mijn baas | het hele kantoor | de halve straat | mijn vader | de hele stad
wanneer = vandaag | alweer | sinds vanochtend | nu net | vanavond
pos = {noun} maakt me {wanneer} heel blij | {noun}: gewoon geweldig | wat mooi, {noun} | {noun} is een droom, zegt {wie} | dank je, {noun} redt mijn dag
neg = {noun} maakt me {wanneer} boos | wat vreselijk, {noun} | {noun}: een ramp {wanneer} | {noun} is waardeloos, vindt {wie} | wat jammer, {noun} {wanneer}
neu = weet iemand meer? {noun} | {wie} vraagt: {noun}? | {noun}, om {uur} uur op het plein | {wie} wacht: {noun} | hoe laat? {noun}
mix = {noun}: het beste en het slechtste {wanneer} | {noun} is mooi, de prijs niet
open = nou, | eerlijk, | mensen, | notitie:
close = en jullie? | wat een dag. | dat was het. | welterusten.
reply = helemaal mee eens | echt niet | waar was dat? | fijn om te horen | bij mij ook
)text";

constexpr std::string_view kPolish = R"text(
football = dzisiejszy mecz i ten futbol | futbol na rynku | derby, prawdziwy futbol
transit = nowy tramwaj | tramwaj do portu | metro o świcie
weather = nocna burza | burza nad miastem | ta burza
coffee = kawa na rogu | moja kawa o {godz} | kawa z targu
lumo = mój nowy Lumo | aparat w Lumo | bateria w Lumo
aurora = dzisiejsza rakieta | rakieta misji Aurora | rakieta na niebie
chat = mój sąsiad | niedziela w domu | zupa babci | mój kot
godz = siódmej | ósmej | dziewiątej | czwartej | piątej
kto = moja siostra | mój szef | całe biuro | pół ulicy | mój tata
kiedy = dzisiaj | znowu | od rana | wieczorem
pos = {noun} to {kiedy} czysta radość | {noun}: po prostu wspaniale | jak pięknie, {noun} | {noun} to marzenie, mówi {kto} | dziękuję, {noun} ratuje mi dzień
neg = {noun} to {kiedy} koszmar | jak okropnie, {noun} | {noun}: katastrofa {kiedy} | {noun} to wstyd, mówi {kto} | jak smutno, {noun} {kiedy}
neu = ktoś coś wie? {noun} | {kto} pyta: {noun}? | {noun}, o {godz} na rynku | {kto} czeka: {noun} | o której? {noun}
mix = {noun}: to co najlepsze i najgorsze {kiedy}
open = no więc, | szczerze, | ludzie, | notka:
close = a wy? | co za dzień. | tyle. | dobranoc.
reply = zgadzam się | nie wierzę | gdzie to było? | miło słyszeć | u mnie tak samo
)text";

constexpr std::string_view kTurkish = R"text(
football = bugünkü futbol | bu derbi, bu futbol | meydandaki futbol
transit = yeni tramvay | limana giden tramvay | sabahki metro
weather = dün geceki fırtına | şehirdeki fırtına | yaklaşan fırtına
coffee = köşedeki kahve | saat {saat} kahve keyfi | pazardaki kahve
lumo = yeni Lumo | Lumo kamerası, bu Lumo | bendeki Lumo
aurora = bu geceki roket | Aurora görevi ve roket | gökteki roket
chat = komşum | evde pazar günü | ninemin çorbası | kedim
saat = yedide | sekizde | dokuzda | dörtte | beşte
kim = kız kardeşim | patronum | bütün ofis | yarım sokak | babam
zaman = bugün | yine | sabahtan beri | bu akşam
pos = {noun} beni {zaman} çok mutlu etti | {noun}: tek kelimeyle harika | ne güzel, {noun} | {noun} muhteşem, {kim} de öyle diyor | teşekkürler, {noun} günümü kurtardı
neg = {noun} beni {zaman} çok üzdü | ne kadar kötü, {noun} | {noun}: tam bir felaket {zaman} | {noun} berbat, {kim} de öyle diyor | ne yazık, {noun} {zaman}
neu = bilen var mı? {noun} | {kim} soruyor: {noun}? | {noun}, saat {saat} meydanda | {kim} bekliyor: {noun} | ne zaman? {noun}
mix = {noun}: hem en iyisi hem en kötüsü {zaman}
open = valla | dürüst olayım, | arkadaşlar, | not:
close = ya siz? | ne gündü. | bu kadar. | iyi geceler.
reply = kesinlikle katılıyorum | inanmıyorum | neredeydi? | duyduğuma sevindim | bende de öyle
)text";

constexpr std::string_view kRussian = R"text(
football = сегодняшний футбол | это дерби и этот футбол | футбол на площади
transit = новый трамвай | трамвай до порта | утренний трамвай
weather = ночная гроза | гроза над городом | эта гроза
coffee = кофе на углу | мой кофе в {час} | кофе с рынка
lumo = мой новый Lumo | камера в Lumo | батарея в Lumo
aurora = сегодняшняя ракета | ракета миссии Aurora | ракета в небе
chat = мой сосед | воскресенье дома | бабушкин суп | мой кот
час = семь | восемь | девять | четыре | пять
кто = моя сестра | мой начальник | весь офис | пол-улицы | мой отец
когда = сегодня | опять | с самого утра | вечером
pos = {noun} — это {когда} чистая радость | {noun}: просто замечательно | как красиво, {noun} | {noun} — мечта, говорит {кто} | спасибо, {noun} спасает мой день
neg = {noun} — это {когда} кошмар | как ужасно, {noun} | {noun}: катастрофа {когда} | {noun} — позор, говорит {кто} | как грустно, {noun} {когда}
neu = кто-нибудь знает? {noun} | {кто} спрашивает: {noun}? | {noun}, в {час} на площади | {кто} ждёт: {noun} | во сколько? {noun}
mix = {noun}: и лучшее, и худшее {когда}
open = честно, | друзья, | заметка: | ну что,
close = а вы? | вот это день. | всё. | спокойной ночи.
reply = полностью согласен | не верю | где это было? | рад слышать | у меня так же
)text";

constexpr std::string_view kArabic = R"text(
football = مباراة الليلة | كرة القدم في الساحة | هذا الديربي
transit = القطار الجديد | مترو الصباح | الحافلة إلى الميناء
weather = عاصفة الليلة | العاصفة فوق المدينة | هذه العاصفة
coffee = قهوة الصباح | قهوة في الزاوية | قهوة السوق
lumo = هاتف Lumo الجديد | كاميرا Lumo | بطارية Lumo
aurora = صاروخ الليلة | صاروخ مهمة أورورا | الصاروخ في السماء
chat = جاري | يوم الجمعة في البيت | حساء جدتي | قطتي
من = أختي | مديري | كل المكتب | نصف الشارع | أبي
متى = اليوم | مرة أخرى | منذ الصباح | هذا المساء
pos = {noun} شيء رائع {متى} | أحب {noun} كثيرا | ما أجمل {noun} {متى} | {noun} يوم سعيد مع {من} | شكرا، {noun} أسعدتني
neg = {noun} شيء سيئ جدا {متى} | أكره {noun} {متى} | يا للخسارة، {noun} | {noun} كارثة، يقول {من} | أنا حزين، {noun} {متى}
neu = هل يعرف أحد؟ {noun} | {من} يسأل عن {noun} | ننتظر {noun} مع {من} | متى {noun}؟ | {noun} عند الساحة {متى}
mix = {noun} فيه الجميل والسيئ {متى}
open = بصراحة، | يا أصدقاء، | خبر:
close = وأنتم؟ | يا له من يوم. | تصبحون على خير.
reply = أتفق معك تماما | لا أصدق | أين كان ذلك؟ | سعيد بسماع ذلك
)text";

constexpr std::string_view kJapanese = R"text(
football = 今日のサッカー | ダービーの試合 | 広場で見るサッカー
transit = 新しい路面電車 | 朝の地下鉄 | 港行きの電車
weather = 昨夜の嵐 | 街の上の雷 | これから来る嵐
coffee = 角の店のコーヒー | {時}時のコーヒー | 市場のコーヒー
lumo = 新しいLumo | Lumo のカメラ | Lumo の電池
aurora = 今夜のロケット | オーロラ計画のロケット | 空のロケット
chat = お隣さん | 家で過ごす日曜日 | おばあちゃんのスープ | うちの猫
時 = 7 | 8 | 9 | 4 | 5
誰 = 姉 | 上司 | 会社のみんな | 近所の人 | 父
いつ = 今日は | また | 朝から | 今夜も
pos = {noun}、{いつ}最高すぎる | {noun}が大好き、幸せ | {noun}、本当に素晴らしい | {誰}と{noun}、楽しかった | ありがとう、{noun}のおかげでいい日になった
neg = {noun}、{いつ}最悪 | {noun}にがっかりした | {noun}、本当にひどい | {誰}も怒ってる、{noun} | {noun}、悲しい
neu = {noun}、誰か知ってる? | {誰}が{noun}について聞いてる | {noun}、{時}時に広場で | {いつ}{noun}を待ってる | {noun}は何時から?
mix = {noun}、良いところも悪いところもある
open = 正直、 | みんな、 | メモ:
close = みんなは? | なんて日だ。 | 以上。 | おやすみ。
reply = 本当にそう思う | 信じられない | どこの話? | それはよかった | 私も同じ
)text";

}  // namespace

std::string_view ForeignText(std::string_view language) {
  static constexpr std::pair<std::string_view, std::string_view> kTexts[] = {
      {"es", kSpanish}, {"pt", kPortuguese}, {"fr", kFrench},  {"de", kGerman},
      {"it", kItalian}, {"nl", kDutch},      {"pl", kPolish},  {"tr", kTurkish},
      {"ru", kRussian}, {"ar", kArabic},     {"ja", kJapanese}};
  for (const auto& [code, text] : kTexts) {
    if (code == language) return text;
  }
  return {};
}

const DemoGrammar& GrammarOf(std::string_view language) {
  static const DemoGrammar english(kEnglishText);
  static const std::map<std::string_view, DemoGrammar> foreign = [] {
    std::map<std::string_view, DemoGrammar> made;
    for (const std::string_view code :
         {"es", "pt", "fr", "de", "it", "nl", "pl", "tr", "ru", "ar", "ja"}) {
      made.emplace(code, DemoGrammar(ForeignText(code)));
    }
    return made;
  }();
  const auto found = foreign.find(language);
  return found == foreign.end() ? english : found->second;
}

}  // namespace hb
