import type { AnyComponent } from '../schema/component.ts';
import type { AnyResource } from '../state/resource.ts';

/** What components and resources are called in a world. */
export interface Definitions {
  components(): readonly AnyComponent[];
  /** @throws `unknown_component` */
  component(name: string): AnyComponent;
  /** @throws `resource_missing` */
  resource(name: string): AnyResource;
}
