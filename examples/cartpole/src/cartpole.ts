import { createEnv, createVectorEnv, type Env, type VectorEnv } from '@archetype/app';
import {
  bool,
  defineComponent,
  defineProcessor,
  defineSimulation,
  f64,
  isDataFrame,
  lit,
  when,
  type ColumnsOf,
  type DataFrame,
  type F64,
  type I32,
  type RandomStream,
  type Simplify,
  type TickContext,
  type Value,
  type World,
} from '@archetype/core';

/**
 * A pole on a cart, as in Barto, Sutton and Anderson, "Neuronlike adaptive elements that can solve difficult learning
 * control problems", 1983, with the constants of Gymnasium's CartPole-v1. Metres, seconds and radians.
 */
export const CartPole = defineComponent('CartPole', {
  x: f64(0),
  speed: f64(0),
  angle: f64(0),
  spin: f64(0),
  fallen: bool(false),
});

const GRAVITY = 9.8;
const POLE_MASS = 0.1;
const TOTAL_MASS = POLE_MASS + 1;
const HALF_LENGTH = 0.5;
const POLE_MASS_LENGTH = POLE_MASS * HALF_LENGTH;
const FORCE = 10;
const TAU = 0.02;
const X_LIMIT = 2.4;
const ANGLE_LIMIT = (12 * 2 * Math.PI) / 360;
const MAX_STEPS = 500;

type Columns = ColumnsOf<[typeof CartPole]>;
type Poles = DataFrame<Columns>;
type Actions = DataFrame<{ readonly entity_id: I32; readonly action: F64 }>;

/** Each pole with the action that is meant for it: 0 pushes the cart to the left, 1 to the right. */
function withActions(
  poles: Poles,
  input: TickContext['input'],
): DataFrame<Simplify<Columns & { readonly action: F64 }>> {
  if (!isDataFrame(input)) return poles.withColumns(() => ({ action: lit(Number(input)) }));
  return poles
    .lookup('entity_id', input as Actions, { given: 'action' })
    .withColumns((c) => ({ action: c.given.fillNull(0) }))
    .drop('given');
}

/** Euler's method: positions move with the velocities from before the push. */
const swing = defineProcessor({
  name: 'swing',
  components: [CartPole],
  process: (df, { input }) =>
    withActions(df, input)
      .withColumns((c) => {
        const { x, speed, angle, spin } = c.cartpole;
        const [sin, cos] = [angle.sin(), angle.cos()];
        const force = when(c.action.eq(1)).then(FORCE).otherwise(-FORCE);
        const temp = spin.mul(spin).mul(POLE_MASS_LENGTH).mul(sin).add(force).div(TOTAL_MASS);
        const inertia = lit(4 / 3).sub(cos.mul(cos).mul(POLE_MASS).div(TOTAL_MASS));
        const spinUp = sin.mul(GRAVITY).sub(cos.mul(temp)).div(inertia.mul(HALF_LENGTH));
        const speedUp = temp.sub(spinUp.mul(POLE_MASS_LENGTH).mul(cos).div(TOTAL_MASS));
        return {
          cartpole__x: x.add(speed.mul(TAU)),
          cartpole__speed: speed.add(speedUp.mul(TAU)),
          cartpole__angle: angle.add(spin.mul(TAU)),
          cartpole__spin: spin.add(spinUp.mul(TAU)),
        };
      })
      .withColumns((c) => ({
        cartpole__fallen: c.cartpole.x.abs().gt(X_LIMIT).or(c.cartpole.angle.abs().gt(ANGLE_LIMIT)),
      }))
      .drop('action'),
});

export const cartPole = defineSimulation({ name: 'cartpole', processors: [swing] });

/** All four numbers between -0.05 and 0.05. */
const upright = (random: RandomStream): Value => {
  const draw = (): number => random.uniform(-0.05, 0.05);
  return CartPole({ x: draw(), speed: draw(), angle: draw(), spin: draw() });
};

/** Four 32-bit floats a row: x, speed, angle, spin. */
const observe = (rows: Poles): Float32Array => {
  const [x, speed, angle, spin] = (['x', 'speed', 'angle', 'spin'] as const).map((field) =>
    rows.column(`cartpole__${field}`),
  );
  const observations = new Float32Array(4 * rows.numRows);
  for (let row = 0; row < rows.numRows; row++)
    observations.set([x![row]!, speed![row]!, angle![row]!, spin![row]!], 4 * row);
  return observations;
};

/** One pole in a world of its own. Observation: `Float32Array[4]`; action: 0 or 1; reward: 1 for every step. */
export const createCartPole = (world: World): Env<Float32Array, number> =>
  createEnv(world, {
    begin: (start, { random }) => {
      start.spawn(upright(random));
    },
    act: (_world, action: number) => action,
    observe: async (now) => observe(await now.query([CartPole])),
    reward: () => 1,
    terminated: { component: CartPole, field: 'fallen' },
    maxSteps: MAX_STEPS,
  });

/** Many poles in one world. Observations: `Float32Array[numEnvs * 4]`, a pole after the other. */
export const createCartPoles = (world: World, numEnvs: number): VectorEnv<Float32Array> =>
  createVectorEnv(world, {
    components: [CartPole],
    numEnvs,
    begin: ({ random }) => [upright(random)],
    observe,
    reward: (rows) => new Float64Array(rows.numRows).fill(1),
    terminated: (rows) => rows.column('cartpole__fallen'),
    maxSteps: MAX_STEPS,
  });
