/** Paths of the descriptors of a process, such as those behind `/dev/stdout` and `/dev/fd/3`. */

/** With every link above it followed. */
const DESCRIPTOR = /^\/(?:dev|proc\/\d+(?:\/task\/\d+)?)\/fd\/\d+$/;

/**
 * Whether a path stands for an open file, whatever that file is called by now. A rename of the file changes where the path leads,
 * so such a file is appended to and never rotated.
 */
export const isDescriptor = (path: string): boolean => DESCRIPTOR.test(path);
