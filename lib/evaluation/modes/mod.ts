/** The ways to make answers: the policy alone, samples that a PPM chooses from, search. */
export * from "./mode.ts";
export * from "./policy_modes.ts";
export * from "./search_modes.ts";
export { TALK_INSTRUCTION, talkPrompt } from "./_talk.ts";
