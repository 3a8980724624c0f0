/** The words that the synthetic catalogue is made of. All invented or ordinary; any likeness to a real band is luck. */

export const ADJECTIVES = (
  "Sleepy Electric Velvet Reluctant Invisible Caffeinated Polite Cosmic Rusty Thoughtful Haunted Suburban Gentle " +
  "Overdue Magnetic Wandering Crooked Nocturnal Slightly-Damp Borrowed Unfinished Golden Clumsy Silent Accidental " +
  "Fluorescent Dizzy Nervous Upside-Down Melancholy Heroic Secondhand Feral Sparkling Misplaced Analog Tectonic " +
  "Whispering Overconfident Buttered Imaginary Retired Ceremonial Luminous Awkward Glorious Moonlit Stubborn Fuzzy " +
  "Well-Rested Patient Runaway Quantum Lopsided Honest Peppermint Marvelous Drowsy Turbulent Flammable"
).split(" ");

export const NOUNS = (
  "Toaster Walrus Umbrella Librarian Satellite Pancake Lighthouse Accordion Badger Spreadsheet Dandelion Elevator " +
  "Teapot Comet Otter Stapler Cathedral Pickle Metronome Raccoon Suitcase Volcano Trampoline Hedgehog Parachute " +
  "Croissant Typewriter Glacier Pigeon Submarine Cardigan Meteor Waffle Escalator Octopus Chandelier Marmot Postcard " +
  "Kettle Avalanche Trombone Hammock Flamingo Doorbell Telescope Turnip Zeppelin Mango Bicycle Thermostat Porcupine " +
  "Calculator Snowman Cactus Bagpipe Aquarium Moth Harbor Compass Noodle Scarecrow Sundial Mitten Jellybean"
).split(" ");

export const PLURALS = (
  "Toasters Walruses Umbrellas Librarians Satellites Pancakes Lighthouses Accordions Badgers Spreadsheets Dandelions " +
  "Elevators Teapots Comets Otters Staplers Pickles Metronomes Raccoons Suitcases Volcanoes Trampolines Hedgehogs " +
  "Parachutes Croissants Typewriters Glaciers Pigeons Submarines Cardigans Waffles Escalators Marmots Postcards " +
  "Kettles Trombones Hammocks Flamingos Doorbells Telescopes Turnips Zeppelins Bicycles Thermostats Porcupines Noodles"
).split(" ");

/** What songs are about: after "I", "Don't" and "We". */
export const VERB_PHRASES = [
  "Leave My Heart in the Dishwasher",
  "Forget the Password to Your Heart",
  "Dance Like the Smoke Alarm",
  "Only Cry at Traffic Lights",
  "Find You Across the Recycling",
  "Still Hear the Washing Machine",
  "Parallel Park for Love",
  "Alphabetize the Spices",
  "Call Before Breakfast",
  "Water the Plastic Plants",
  "Read the Terms and Conditions",
  "Wake the Neighbor's Parrot",
  "Miss the Last Bus on Purpose",
  "Name the Sourdough After You",
  "Whistle in the Library",
  "Wear Two Left Shoes",
  "Reply All Tonight",
  "Argue with the Weather",
  "Apologize to the Furniture",
  "Applaud the Sunrise",
  "Lose the Remote Again",
  "Waltz Around the Printer",
];

export const PLACES_OF_SONGS = [
  "the Car Wash",
  "Platform Nine",
  "the Frozen Food Aisle",
  "My Other Jacket",
  "the Moon",
  "Row Fourteen",
  "a Borrowed Canoe",
  "the Waiting Room",
  "Terminal C",
  "the Back of the Drawer",
  "Grandma's Attic",
  "a Very Small Boat",
  "the Laundromat",
  "Lost and Found",
  "the Elevator",
  "Aisle Seven",
];

export const GROUPS = [
  "Quartet",
  "Orchestra",
  "Collective",
  "Trio",
  "Ensemble",
  "Brothers",
  "Sisters",
  "Choir",
  "Club",
];
export const GENRES = [
  "Blues",
  "Waltz",
  "Serenade",
  "Boogie",
  "Lullaby",
  "Anthem",
  "Polka",
  "Ballad",
  "Shuffle",
  "Hymn",
];
export const VERSIONS = ["Live", "Acoustic", "Remix", "Demo", "Extended Mix", "Unplugged", "Radio Edit"];

export const CITY_FIRST = (
  "Pickle Maple Banjo Copper Willow Thunder Biscuit Cedar Juniper Lantern Otter Pepper Quarry Saddle Tumble Velvet " +
  "Walnut Harmony Clover Beaver Fiddle Gravel Honey Mulberry Nickel Pebble Raven Spruce Teacup Bramble"
).split(" ");
export const CITY_LAST =
  "Falls Springs Junction Heights Hollow Creek Ridge Landing Grove Bluffs Crossing Prairie Harbor Valley Flats Point".split(
    " ",
  );
export const CITY_BEFORE = ["", "", "", "", "North", "Upper", "Old", "Lower", "West", "Fort"];

/** Commonest first. */
export const FEMALE_NAMES = (
  "Emma Olivia Sophia Maya Grace Chloe Hazel Ruby Alice Nora Violet Stella Ivy Lucy Clara Naomi Elena Josephine Iris " +
  "Matilda Beatrice Rosalind Winifred Odette Philippa Zora Imogen Harriet Dorothea Guadalupe"
).split(" ");
export const MALE_NAMES = (
  "Liam Noah Oliver James Mateo Henry Leo Jack Theo Samuel Owen Gabriel Isaac Felix Miles Oscar Jasper Arthur Hugo " +
  "Silas Ezra August Otis Rufus Alonzo Barnaby Cornelius Percival Thaddeus Ignatius"
).split(" ");
export const LAST_NAMES = (
  "Smith Johnson Garcia Brown Miller Davis Martinez Nguyen Wilson Anderson Thomas Lee Jackson White Harris Clark Lewis " +
  "Walker Young Allen King Wright Scott Torres Hill Flores Green Adams Nelson Baker Rivera Campbell Mitchell Carter " +
  "Roberts Kim Phillips Evans Turner Parker Cruz Edwards Collins Reyes Stewart Morris Murphy Cook Rogers Morgan Cooper " +
  "Peterson Reed Bailey Bell Ortiz Ward Watson Brooks Bennett Fiddler Drummond Pipes Singer Harper Bassett Horn " +
  "Quaver Treble Clef Crotchet O'Chord Lutely Tempo Fermata Brassington Woodwind Hummingway Chorale"
).split(" ");

/** By weight, as a percentage: plausible browsers, with the quoting that their makers use. */
export const USER_AGENTS: readonly (readonly [string, number])[] = [
  [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    27,
  ],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    24,
  ],
  [
    "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
    19,
  ],
  [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
    9,
  ],
  [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    8,
  ],
  [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
    6,
  ],
  ["Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0", 3],
  ["Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", 2],
  [
    "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/604.1",
    2,
  ],
];
