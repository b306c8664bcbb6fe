/**
 * Where variables live while a template is compiled. Go looks them up by name when it runs; a name always means the same
 * slot, but for variables that `and` and `or` may skip: `{{and .x ($y := 1)}}{{$y}}`. Those are asked for in turn.
 */
interface Variable {
  readonly name: string;
  readonly slot: number;
  /** Declared where it may be skipped; its slot is undefined then. */
  readonly isSkippable: boolean;
}

/** The slots that a name may mean, innermost first. The last one is always set, unless `isCertain` is false. */
export interface Resolved {
  readonly slots: readonly number[];
  /** False when no declaration is sure to have run: then `$` means the data, and any other name is an error. */
  readonly isCertain: boolean;
}

export class Scope {
  readonly #variables: Variable[] = [];
  readonly #byName = new Map<string, Variable[]>();
  #skippable = 0;
  #size = 0;

  /** How many slots are needed at most. */
  get size(): number {
    return this.#size;
  }

  /** How many variables there are, to be given back to `close`. */
  open(): number {
    return this.#variables.length;
  }

  /** Forgets the variables of a block. */
  close(mark: number): void {
    for (const { name } of this.#variables.splice(mark)) this.#byName.get(name)?.pop();
  }

  declare(name: string): number {
    const slot = this.#variables.length;
    const variable = { name, slot, isSkippable: this.#skippable > 0 };
    const sameName = this.#byName.get(name);
    if (sameName === undefined) this.#byName.set(name, [variable]);
    else sameName.push(variable);
    this.#variables.push(variable);
    this.#size = Math.max(this.#size, this.#variables.length);
    return slot;
  }

  /** Compiles what may be skipped; gives the slots of the variables that it declares, which have to be cleared before. */
  skippable<T>(compile: () => T): { result: T; slots: readonly number[] } {
    const mark = this.open();
    this.#skippable += 1;
    const result = compile();
    this.#skippable -= 1;
    return { result, slots: this.#variables.slice(mark).map(({ slot }) => slot) };
  }

  resolve(name: string): Resolved {
    const slots: number[] = [];
    const sameName = this.#byName.get(name) ?? [];
    for (let i = sameName.length - 1; i >= 0; i--) {
      const variable = sameName[i];
      if (variable === undefined) break;
      slots.push(variable.slot);
      if (!variable.isSkippable) return { slots, isCertain: true };
    }
    return { slots, isCertain: false };
  }
}
