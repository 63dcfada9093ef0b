import { openFilesFault } from "./open_files.ts";

/** Why a file or folder cannot be read or written, in words; `null` where the error is of another kind. */
export function fileFault(error: unknown): string | null {
  if (error instanceof Deno.errors.NotFound) return "there is no such file or folder";
  if (error instanceof Deno.errors.IsADirectory) return "expected a file, got a folder";
  if (error instanceof Deno.errors.NotADirectory) return "a part of its path is no folder";
  if (error instanceof Deno.errors.PermissionDenied) return "this user has no right to it";
  if (error instanceof Deno.errors.AlreadyExists) return "it exists already";
  if (error instanceof Deno.errors.FilesystemLoop) return "its links lead in a circle";
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code === "ENOSPC" || code === "EDQUOT") return "the disk is full";
  if (code === "EROFS") return "the file system takes no changes";
  if (code === "EMFILE" || code === "ENFILE") return openFilesFault(code);
  return code === "ENAMETOOLONG" ? "its name is too long" : null;
}
