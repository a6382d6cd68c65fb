import { createEnv, createVectorEnv, type Env, type VectorEnv } from '@archetype/app';
import {
  bool,
  defineComponent,
  defineProcessor,
  defineSimulation,
  f64,
  isDataFrame,
  type ColumnsOf,
  type DataFrame,
  type F64,
  type I32,
  type RandomStream,
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

type Poles = DataFrame<ColumnsOf<[typeof CartPole]>>;
type Actions = DataFrame<{ readonly entity_id: I32; readonly action: F64 }>;

/** The action that is meant for each pole: 0 pushes its cart to the left, 1 to the right. */
function actionsFor(poles: Poles, input: TickContext['input']): (row: number) => number {
  if (!isDataFrame(input)) return () => Number(input);
  const found = poles.lookup('entity_id', input as Actions, { action: 'action' });
  const actions = found.column('action');
  return (row) => actions[row] ?? 0;
}

/** Euler's method: positions move with the velocities from before the push. */
const swing = defineProcessor({
  name: 'swing',
  components: [CartPole],
  process: (df, { input }) => {
    const action = actionsFor(df, input);
    return df.kernel(
      ['cartpole__x', 'cartpole__speed', 'cartpole__angle', 'cartpole__spin', 'cartpole__fallen'],
      (out, poles, n) => {
        for (let i = 0; i < n; i++) {
          const x = poles.cartpole__x[i]!;
          const speed = poles.cartpole__speed[i]!;
          const angle = poles.cartpole__angle[i]!;
          const spin = poles.cartpole__spin[i]!;
          const force = action(i) === 1 ? FORCE : -FORCE;
          const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
          const temp = (force + POLE_MASS_LENGTH * (spin * spin) * sin) / TOTAL_MASS;
          const inertia = HALF_LENGTH * (4 / 3 - (POLE_MASS * (cos * cos)) / TOTAL_MASS);
          const spinUp = (GRAVITY * sin - cos * temp) / inertia;
          const speedUp = temp - (POLE_MASS_LENGTH * spinUp * cos) / TOTAL_MASS;
          const nextX = x + TAU * speed;
          const nextAngle = angle + TAU * spin;
          out.cartpole__x[i] = nextX;
          out.cartpole__speed[i] = speed + TAU * speedUp;
          out.cartpole__angle[i] = nextAngle;
          out.cartpole__spin[i] = spin + TAU * spinUp;
          out.cartpole__fallen[i] = Math.abs(nextX) > X_LIMIT || Math.abs(nextAngle) > ANGLE_LIMIT;
        }
      },
    );
  },
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
