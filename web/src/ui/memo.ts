// Preact core has no memo; this is the documented way to skip rendering when no property changed.
import { Component, h, type ComponentType, type VNode } from 'preact';

export function memo<P extends object>(Inner: ComponentType<P>): ComponentType<P> {
  return class Memo extends Component<P> {
    override shouldComponentUpdate(next: P): boolean {
      const before = this.props as Record<string, unknown>;
      const after = next as Record<string, unknown>;
      const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
      for (const key of keys) if (before[key] !== after[key]) return true;
      return false;
    }
    render(): VNode { return h(Inner as ComponentType<object>, this.props); }
  };
}
