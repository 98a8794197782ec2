/** A schema that the compiler holds against an interface, key by key. */
import { z } from 'zod';

/** Optional where the interface says so, and nowhere else. */
type Field<T, K extends keyof T> =
  Partial<Pick<T, K>> extends Pick<T, K>
    ? z.ZodExactOptional<z.ZodType<Required<T>[K]>>
    : z.ZodType<T[K]>;

export type Shape<T> = { readonly [K in keyof T]-?: Field<T, K> };

export function object<T>(shape: Shape<T>): z.ZodType<T> {
  return z.strictObject(shape) as unknown as z.ZodType<T>;
}
