// What one client listens to. A new subscription first brings what the client has missed since its last
// event, and says so; whatever happens afterwards is pushed as it happens.
const PROTOCOL = 4;

export class Subscriptions {
  #session;
  #mirror;
  #objects = new Set();

  constructor(session, mirror) {
    this.#session = session;
    this.#mirror = mirror;
  }

  apply(action, requests, correlationId) {
    for (const request of requests) {
      const object = this.#mirror.bySid(request.object_sid);
      if (action === 'cancel') this.#cancel(request, object, correlationId);
      else if (object && object.audience(this.#session)) this.#establish(request, object, correlationId);
      else this.#tell('subscription_failed', correlationId, { ...subject(request), error: { status: 404, code: 54100, message: 'not found' } });
    }
  }

  end() {
    for (const object of this.#objects) object.ignore(this.#push);
    this.#objects.clear();
  }

  #establish(request, object, correlationId) {
    for (const record of object.eventsAfter(request.last_event_id ?? 0)) this.#send('twilio.sync.event', object, record);
    this.#objects.add(object);
    object.listen(this.#push);
    this.#tell('subscription_established', correlationId, {
      ...subject(request), replay_status: 'completed', last_event_id: object.lastEventId,
    });
  }

  #cancel(request, object, correlationId) {
    object?.ignore(this.#push);
    this.#objects.delete(object);
    this.#tell('subscription_canceled', correlationId, subject(request));
  }

  #push = (object, record) => {
    if (object.audience(this.#session)) this.#send(`com.twilio.rtd.cds.${object.type}`, object, record);
  };

  #send(messageType, object, { eventType, event }) {
    this.#session.notify(messageType, { event_type: eventType, event_protocol_version: PROTOCOL, events: [event] });
  }

  #tell(eventType, correlationId, event) {
    this.#session.notify('twilio.sync.event', {
      event_type: eventType, event_protocol_version: PROTOCOL, correlation_id: correlationId, events: [event],
    });
  }
}

function subject({ object_sid, object_type }) {
  return { object_sid, object_type };
}
