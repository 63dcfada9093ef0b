/** Trains policies and reward models from exported files, through Python in a process of its own. */
export * from "./check_base.ts";
export * from "./checkpoint.ts";
export * from "./train.ts";
export * from "./train_settings.ts";
export * from "./trainer_command.ts";
export * from "./trainer_event.ts";
