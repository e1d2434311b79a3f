// What is true at the very moment when Twilio's side reads a request: looked at before
// anything else of the program can happen, which no polling could promise.

/** Takes the place of a rule's `path` at the stand-in, matches nothing and only looks. */
class Lookout extends RegExp {
  constructor(pattern, look) {
    super(pattern);
    this.look = look;
  }

  test(path) {
    if (super.test(path)) this.look(path);
    return false;
  }
}

/** `look(path)` at every request whose path fits, from now on. */
export function atArrival(twilio, pattern, look) {
  twilio.misbehave({ match: { method: 'POST', path: new Lookout(pattern, look) }, times: 0 });
}
