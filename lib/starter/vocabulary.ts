/** Words that vary without changing what is asked. */

/** People of the stories. */
export const NAMES = [
  "Ann",
  "Ben",
  "Carla",
  "David",
  "Emma",
  "Felix",
  "Grace",
  "Hugo",
  "Ida",
  "Jonas",
  "Kim",
  "Leo",
  "Mira",
  "Noah",
  "Olga",
  "Paul",
] as const;

/** Things that are counted. */
export const OBJECTS = [
  "apples",
  "beads",
  "books",
  "buttons",
  "cards",
  "coins",
  "eggs",
  "lamps",
  "marbles",
  "pens",
  "plants",
  "roses",
  "shells",
  "stamps",
  "tickets",
  "tiles",
] as const;

/** First sentences; `{0}` is the quantity at the start. */
export const OPENINGS = [
  "{name} has {0} {objects}.",
  "At first {name} owns {0} {objects}.",
  "There are {0} {objects} on {name}'s table.",
] as const;

/** Sentences with a number that plays no part. */
export const DISTRACTORS = [
  "{name} is {0} years old.",
  "The walk to the shop takes {0} minutes.",
  "It is {0} degrees outside.",
  "The bus line has number {0}.",
  "A brother of {name} has {0} toy cars.",
  "The house has {0} windows.",
] as const;

/** Last sentences of a problem, which ask for the quantity. */
export const QUESTIONS = [
  "How many {objects} are there now?",
  "How many {objects} does {name} have at the end?",
  "What is the number of {objects} now?",
] as const;
