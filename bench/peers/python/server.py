"""Flask and Twilio's own package, under gunicorn."""
import os

from flask import Flask, jsonify, request
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

ALREADY_THERE = 50433
PUBLIC_URL = os.environ['PUBLIC_URL']
ACCOUNT_SID = os.environ['TWILIO_ACCOUNT_SID']
TOKEN = os.environ['TWILIO_AUTH_TOKEN']
IDENTITY = os.environ['TWILIO_IDENTITY']

app = Flask(__name__)
app.config['MAX_CONTENT_LENGTH'] = 65536
validator = RequestValidator(TOKEN)
http_client = TwilioHttpClient(pool_connections=True, timeout=4)
http_client.session.verify = os.environ['CA_FILE']
client = Client(ACCOUNT_SID, TOKEN, http_client=http_client)
client.conversations.base_url = os.environ['API_URL']


def join(service, conversation):
    try:
        client.conversations.v1.services(service).conversations(conversation) \
            .participants.create(identity=IDENTITY)
    except TwilioRestException as error:
        if error.status == 409 and error.code == ALREADY_THERE:
            return 200, 'already-joined'
        return (503, 'retry-later') if error.status == 429 or error.status >= 500 else (500, 'refused')
    except OSError:
        return 503, 'retry-later'
    return 200, 'joined'


@app.post('/webhooks/twilio')
def webhook():
    form = request.form
    if not validator.validate(PUBLIC_URL, form, request.headers.get('X-Twilio-Signature', '')):
        return jsonify({}), 403
    if form.get('AccountSid') != ACCOUNT_SID:
        return jsonify({}), 403
    if form.get('EventType') != 'onConversationAdded':
        return jsonify(result='ignored')
    status, result = join(form['ChatServiceSid'], form['ConversationSid'])
    return jsonify(result=result), status
