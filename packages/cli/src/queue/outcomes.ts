/** A job that would fail on any machine and at any time: it is set aside at once. */
export class Unpaintable extends Error {}

/** A job that this worker gives back, unpainted, for another to go on with. */
export class GivenBack extends Error {}

/** A job that another worker has by now, or that is over: what this one has of it does not count. */
export class Lost extends Error {}

/** A job that somebody cancelled. */
export class Cancelled extends Unpaintable {}

/** The store cannot be read or written, so that this machine cannot paint any job. */
export class StoreFailure extends Error {}
