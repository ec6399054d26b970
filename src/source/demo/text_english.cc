// The English grammar of the demo. Every sentence here was written for heartbeat; places, teams and
// products are made up.
#include "source/demo/texts.h"

namespace hb {

// Rules: TOPIC.pos, .neg, .neu, .mix are whole sentences; open, close, reply.* and burst.* are
// shared.
const std::string_view kEnglishText = R"text(
who = my sister | my neighbour | the whole office | half my street | my dad | our group chat | the kid next door | my flatmate | everyone at work | my gran | a stranger | the lady from the bakery | my running club | our old teacher | the night nurse upstairs
when = this morning | tonight | right now | since noon | again today | for the third day in a row | before sunrise | on my lunch break | after work | this week | at half past six | all afternoon | on the way home | in the last hour
where = near the old harbour | in the north end | on Elm Street | at the corner kiosk | by the river | outside the library | at Mill Square | behind the town hall | on platform two | up on the hill | at the market | across from the park | at Dover Gate | in the old quarter
place = Northgate | Elm Street | Mill Square | the old harbour | Riverside | Castle Hill | the university | Dover Gate | the airport | Garden Row
team = Harbour Rovers | Northgate United | Riverside Athletic | Mill Town | Castle Hill Wanderers | Old Quarter FC
num = two | three | four | five | six | seven | eight | ten | twelve | twenty | forty
mins = 3 | 5 | 8 | 9 | 12 | 15 | 17 | 20 | 25 | 35 | 40
heat = 33 | 34 | 35 | 36 | 38 | 39 | 41
time = 6:40 | 7:15 | 7:50 | 8:05 | 8:30 | 12:10 | 17:25 | 18:00 | 19:45 | 22:10
great = great | wonderful | brilliant | fantastic | lovely | amazing | superb | beautiful | delightful | excellent
bad = terrible | awful | horrible | dreadful | miserable | disappointing | ridiculous | pathetic | ugly | painful
very = so | really | absolutely | honestly | truly | unbelievably
open = ok so | honestly, | not going to lie, | update: | hot take: | fun fact: | well, | friends, | just saying: | small note: | listen, | hm, | finally: | quick one: | tell me why | can confirm: | thread soon, but
close = anyone else? | that is the post. | thoughts? | more later. | please tell me I am not alone. | good night. | worth it. | no regrets. | day made. | never again. | same time tomorrow? | I said what I said. | sigh. | what a day. | pass it on. | details to follow. | asking for a friend.
reply.pos = totally agree, this is {great} | thank you, you just made my day | yes! exactly what I was thinking | love this, {very} {great} | glad it worked out for you | best thing I have read {when}
reply.neg = sorry, but this is {bad} | no way, I had the opposite experience and it was {bad} | that sounds {very} {bad} | please stop, this is just {bad} | I am so tired of this | hope you get your money back
reply.neu = where was that exactly? | which line is it? | do you have a link? | is that still going on? | since when? | same here {where} | how long did it take? | ask {who}, they know
football.pos = what a goal, {team} are {very} {great} {when} | the derby was {great}, {who} is still singing {where} | our goalkeeper saved {num} shots and I love every one of them | that striker is {very} {great}, best football I have seen in years | {team} win the derby and {who} is dancing {where} | proud of {team}, {great} football from the first minute | {num} goals, a full stadium and {great} people, this is why I love football | happiest derby of my life, thank you {team} | saved a penalty in minute {mins}, that keeper is {great}
football.neg = {team} lost again, {very} {bad} football {when} | worst derby in years, {who} left after {mins} minutes | that penalty was {bad} and the referee was even worse | our striker missed {num} chances, {very} {bad} | I paid for a seat and got {bad} football {where} | angry and sad, {team} threw the derby away in minute {mins} | the defence is {bad}, I cannot watch this football any more | who put him in goal? {bad} goalkeeper, {bad} evening | fans fighting {where}, this is an {bad} end to the derby
football.neu = derby kicks off at {time}, {team} start with {num} new players | half time at the derby, {mins} shots, no goals | {team} against {team}, who is going to the football {when}? | anyone with a spare derby ticket {where}? | penalty for {team} in minute {mins} | gates for the derby open at {time} {where} | {who} asks who the new goalkeeper of {team} is | the football is on the big screen {where} {when}
football.mix = {great} first half, {bad} second half, typical {team} football | we won the derby but the football was {bad} | love the new striker, hate the ticket prices {where}
transit.pos = the new tram is {very} {great}, {mins} minutes to {place} | shout-out to the tram driver {where} who waited for {who} | the metro was on time {when} and I am {very} happy | the night bus to {place} is back, {great} news | {who} took the tram to {place} and loved it | clean seats, friendly driver, {great} metro ride {when} | free tram rides {when}, what a {great} idea | love the quiet early tram, best part of my day
transit.neg = the tram is late again, {mins} minutes {where}, {very} {bad} | metro closed {where} {when}, no notice, just {bad} | {num} trams cancelled and {who} is stuck {where} | paid more for the metro and got {bad} service | packed tram, broken heating, {bad} start {when} | hate this night bus, it drove past {who} {where} | signal failure again, the metro to {place} is {bad} {when} | the tram app is {bad}, it showed {num} trams that do not exist
transit.neu = tram line {num} runs every {mins} minutes {when} | which tram goes to {place} after {time}? | metro between {place} and {place} closed until {time} | the night bus now stops {where} | {who} says the tram turns round at {place} {when} | new metro timetable starts {when}, first train {time} | tram tracks are being checked {where} until {time} | the tram to {place} leaves {where} at {time}
transit.mix = the new tram is {great} but the old stop was closer | friendly metro staff, {bad} timetable | fast tram, {bad} prices, not sure what to think
weather.pos = sunshine after the storm, {very} {great} {when} | first snow {where} and it is {great} | {who} is building a snow fort {where}, pure joy | the thunderstorm from the window was {very} {great} | love the smell after the drizzle {where} | no storm {when}, just a {great} sky over {place} | the heatwave is over, {great} cool air {when} | snow on {place}, what a {great} morning
weather.neg = the storm took our roof {where}, this is {bad} | drizzle for {num} hours, {very} {bad} | this heatwave is {bad}, {who} cannot sleep | storm flooded the cellar {where}, {bad} day | snow, ice and no gritting {where}, {very} {bad} | lost my umbrella to the storm {where}, I hate this week | power is out {where} because of the thunderstorm, {bad} | the heatwave killed my tomatoes, sad and {bad}
weather.neu = storm warning for {place} from {time} | {mins} centimetres of snow expected {where} {when} | drizzle {where}, clouds until {time} | thunderstorm moving from {place} to {place} | how long will the heatwave last {where}? | storm reached {place} at {time} | {who} measured {mins} degrees {where} {when} | snow line is just above {place} {when}
weather.mix = {great} snow, {bad} roads {where} | the storm was {bad} but the sunset after it was {great} | love the sun, hate the heatwave
coffee.pos = the espresso {where} is {very} {great} | {who} made me a coffee {when} and it was {great} | free latte {where}, {great} start to the day | found a {great} little coffee place {where} | nothing beats a hot coffee {when}, I am happy | new beans from {place}, {very} {great} coffee | the barista drew a cat on my latte, day made | {num} coffees later I love everybody {where}
coffee.neg = the coffee {where} is {very} {bad} | paid {num} for a latte and it was {bad} | cold espresso {when}, {bad} service {where} | {who} spilled coffee over my notes, {bad} morning | out of coffee {when}, this is {bad} | burnt beans again, worst espresso {where} | the coffee machine at work broke, everyone is {bad} company {when} | my latte took {mins} minutes, {very} {bad}
coffee.neu = coffee {where} at {time}? | which beans do you use for espresso? | {num} coffees {when}, counting | the coffee cart moved {where} | is the coffee place {where} open {when}? | {who} drinks latte with salt now | oat or cow in your latte? | coffee is back on the menu {where} from {time}
coffee.mix = {great} espresso, {bad} queue {where} | the latte was {great}, the chair was {bad} | love the coffee, hate the price
lumo.pos = the Lumo camera is {very} {great}, photos from {place} look {great} | battery of my Lumo lasts {num} days, {great} | {who} got a Lumo {when} and loves it | the Lumo update fixed everything, {very} {great} | best screen ever, the Lumo is {great} | Lumo support answered in {mins} minutes, {great} service | dropped my Lumo {where} and it survived, amazing
lumo.neg = my Lumo died after {mins} minutes, {bad} battery | the Lumo update broke my alarm, {very} {bad} | Lumo support is {bad}, {num} calls and no answer | the new Lumo is too expensive and the camera is {bad} | cracked screen {when}, the Lumo is {bad} | returned my Lumo {where}, {very} disappointed | {who} hates the Lumo keyboard and so do I
lumo.neu = Lumo update {num} is out, {mins} megabytes | queue for the Lumo {where}, about {num} people | does the Lumo have a headphone jack? | Lumo shop {where} opens at {time} | trading my Lumo for a bicycle, anyone {where}? | {who} asks how to reset a Lumo | the Lumo comes in {num} colours
lumo.mix = Lumo: {great} camera, {bad} battery | love the Lumo screen, hate the Lumo price | the Lumo update is {great} on mine and {bad} on {who}'s
aurora.pos = the rocket is up, {very} {great} | {who} cried when the rocket left the pad, so beautiful | Aurora mission looks {great}, well done everybody | watching the rocket {where} with {who}, {great} night | first pictures of the Aurora mission are {great} | perfect landing, the Aurora mission team is {great} | what a {great} launch window, clear sky over {place}
aurora.neg = scrubbed again, the rocket stays down, {bad} news | I stood {where} for {num} hours and no rocket, {bad} | the Aurora mission costs far too much, {bad} idea | another leak, the rocket is a {bad} joke | missed the launch window by {mins} minutes, {very} {bad} | the stream of the Aurora mission broke {when}, {bad} | {who} is sad, the rocket failed in minute {mins}
aurora.neu = launch window of the rocket opens at {time} | rocket on the pad, {mins} minutes to go | where can I see the rocket from {place}? | Aurora mission: orbit {num}, all quiet | the rocket was rolled out {when} | {who} explains the Aurora mission {where} at {time} | tonight the Aurora mission passes over {place} at {time}
aurora.mix = {great} rocket, {bad} stream | love the Aurora mission, hate the waiting
chat.pos = the cat {where} chose me, {very} happy | finished my book {when} and it was {great} | {who} baked bread, the whole stairs smell {great} | long walk {where}, {great} mood | found my lost glove {where}, small joys | first tomatoes from the balcony, {very} {great} | cooked for {num} friends, {great} evening
chat.neg = lost my keys {where}, {bad} day | neighbours drilling {when}, {very} {bad} | {who} ate my lunch, I am angry | {num} meetings {when}, {very} {bad} | stepped in a puddle {where}, wet socks all day, {bad} | broke my favourite mug {when}, sad | cannot sleep {when}, {bad} night
chat.neu = what are you cooking {when}? | reading {where} until {time} | {who} wants a dog | is the market open {when}? | looking for a {num} man tent, tips? | moved the sofa {num} times {when} | which film {when}? | walk {where} at {time}, who comes along?
chat.mix = {great} day, {bad} shoes | good soup, {bad} spoon
burst.LastMinuteGoal = minute 90 and they score! {team}! football is {very} {great} | I cannot breathe, what a goal by {team} | last second, last kick, {team} win the derby, {who} is screaming {where} | goal goal goal, {great} football {where}
burst.PenaltyDrama = that was never a penalty, {bad} referee {where} | penalty, saved, retaken, saved again, {team} are {very} {great} | {who} cannot look, another penalty for {team}
burst.ExtraTime = extra time at the derby, {who} is chewing the scarf | {mins} more minutes of football, my heart
burst.RedCard = red card for the striker of {team}, {bad} decision | {num} yellow, one red, what a {bad} derby
burst.TramStrike = no tram from {time}, strike {where}, {very} {bad} for {who} | I support the tram drivers, they deserve better pay | walking {mins} minutes because of the tram strike, {bad} | tram strike: {num} lines closed, {place} cut off
burst.SignalFailure = metro stuck between {place} and {place}, {mins} minutes, {bad} | signal failure, everybody out {where}, {very} {bad} | {num} metro lines down since {time}
burst.FreeRideDay = free tram all day, {great} idea, thank you | rode the tram to {place} for nothing, {very} happy
burst.NightBus = night bus to {place} is back from {time}, {great} | the night bus {where} was full {when}
burst.FirstSnow = first snow {where}, look at that, {very} {great} | it is snowing over {place}, {who} runs outside | snow on the windows {when}, I am {num} years old again
burst.StormWarning = storm coming to {place} at {time}, stay inside | trees down {where}, the storm is {bad} | storm warning raised for {place}, check on {who}
burst.Heatwave = {heat} degrees {where}, this heatwave is {bad} | heatwave: water is handed out {where} | too hot to think, {bad} heatwave
burst.DoubleRainbow = two rainbows over {place} after the storm, {very} {great} | look up {where}, double rainbow, the storm is gone
burst.FreeLatteDay = free latte {where} until {time}, run | {who} is in the queue for a free latte, {num} people {where} | got my free latte, {great} day
burst.BeanShortage = no coffee beans {where}, {bad} | coffee shelves empty {when}, {very} {bad} | paid double for coffee beans {where}, angry
burst.ColdBrewWeek = cold coffee, warm street, {great} week | cold brew {where} until {time}, {great} coffee
burst.LatteArt = a swan on my latte {where}, {very} {great} | {who} poured a whole garden on a latte
burst.LumoLaunch = the new Lumo is here, {very} {great} screen | queue for the Lumo goes round {place}, {num} hours | watching the Lumo launch {where}, camera looks {great} | new Lumo costs how much? {bad}
burst.LumoUpdate = the Lumo update deleted my photos, {very} {bad} | my Lumo is dead since the update, {bad} | do not install the Lumo update {when}
burst.LumoBattery = my Lumo gets hot {when}, is that normal? {bad} | Lumo batteries recalled, {num} models, {bad}
burst.LumoGlow = the Lumo glows in the dark and I love it | {great} little light on the Lumo
burst.AuroraLaunch = the rocket is up! {very} {great} | liftoff of the Aurora mission at {time}, {who} is crying | saw the rocket from {place}, {great} | what a rocket, what a sky {where}
burst.ScrubDay = scrubbed, no rocket {when}, {bad} | launch window closed, rocket stays {where}, sad
burst.Liftoff = three two one and the rocket is gone, {very} {great} | {who} felt the rocket in the windows {where}
burst.SoftLanding = the Aurora mission has landed, {very} {great} | soft as a feather, {great} landing of the rocket stage
burst.CatsOfTheStreet = the orange one {where} wants a name | met {num} cats {where}, {great} walk | this cat owns {place}
burst.OneWordStory = bread | silence | finally | {great} | {bad} | snowflakes | nobody | again
burst.LostUmbrella = blue umbrella found {where}, whose is it? | {who} also lost an umbrella {where}
burst.campaign = Win a year of free soup at soup.example, only today, tell your friends
)text";

}  // namespace hb
