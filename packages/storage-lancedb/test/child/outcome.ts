/** What came of something: `fine`, or the code and the sentence of its error. */
export const outcome = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'fine',
    (error: { code?: string; message: string }) => `${error.code}: ${error.message}`,
  );
