/** What the keys of the configuration are made of: kinds of values that more than one section has. */
import { z } from 'zod';

export const port = z.int().min(0).max(65535);
export const host = z.string().min(1);
export const seconds = z.int().min(1).max(86_400);
export const secret = z.string().min(1).meta({ secret: true });
/**
 * Sections may be left out as a whole: their defaults come from the keys in them. That each key of
 * a section has one cannot be said in its type; the first parse of an empty file would tell.
 */
export const section = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape).prefault({} as never);
