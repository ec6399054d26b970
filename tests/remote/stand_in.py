"""Stand-ins for sentiment services on loopback: Hugging Face's text classification and Amazon Comprehend.

What a text is judged to be stands in it ("good", "bad", "both"), so that a test can foresee it. `faults` is a list of
what the next requests get in place of an answer: (status, body, headers).
"""
import http.server
import json
import threading

import botocore.auth
import botocore.awsrequest
import botocore.credentials

KEY, SECRET, TOKEN, REGION = "AKIDTEST", "a/secret+key", "a/session+token==", "eu-west-1"


def signature_error(handler, body):
    """Signs what came once more, with Amazon's own library, and compares."""
    given = handler.headers.get("Authorization", "")
    if not given.startswith("AWS4-HMAC-SHA256 "):
        return "MissingAuthenticationTokenException"
    parts = dict(part.strip().split("=", 1) for part in given[len("AWS4-HMAC-SHA256 "):].split(","))
    signed = parts["SignedHeaders"].split(";")
    if not {"host", "x-amz-date", "x-amz-target", "x-amz-security-token"} <= set(signed):
        return "IncompleteSignatureException"
    access, date, region, service, _ = parts["Credential"].split("/")
    if (access, region, service) != (KEY, REGION, "comprehend"):
        return "UnrecognizedClientException"
    request = botocore.awsrequest.AWSRequest(method="POST", url=f"http://{handler.headers['Host']}{handler.path}", data=body)
    for name in signed:
        request.headers[name] = handler.headers[name]
    request.context["timestamp"] = handler.headers["X-Amz-Date"]
    auth = botocore.auth.SigV4Auth(botocore.credentials.Credentials(KEY, SECRET), "comprehend", region)
    auth.headers_to_sign = lambda _: _headers(request, signed)
    expected = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    return None if expected == parts["Signature"] else "InvalidSignatureException"


def _headers(request, signed):
    import http.client

    message = http.client.HTTPMessage()
    for name in signed:
        message[name] = request.headers[name]
    return message


def judged(text):
    good, bad = "good" in text, "bad" in text
    if good and bad:
        return "MIXED", (0.1, 0.1, 0.1, 0.7)
    if good:
        return "POSITIVE", (0.04, 0.06, 0.9, 0.0)
    return ("NEGATIVE", (0.8, 0.15, 0.05, 0.0)) if bad else ("NEUTRAL", (0.1, 0.8, 0.1, 0.0))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        service = self.server.service
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with service.lock:
            service.requests.append((dict(self.headers), body))
            fault = service.faults.pop(0) if service.faults else service.always
        if fault:
            return self.answer(*fault)
        if service.comprehend:
            return self.answer(*self.comprehend(body))
        inputs = json.loads(body)["inputs"]
        labels = ("negative", "neutral", "positive")
        said = [[{"label": label, "score": score} for label, score in zip(labels, judged(text)[1])] for text in inputs]
        self.answer(200, json.dumps(said))

    def comprehend(self, body):
        def error(name):
            return 400, json.dumps({"__type": name, "Message": name})

        wrong = signature_error(self, body)
        if wrong:
            return error(wrong)
        if self.headers["X-Amz-Target"] != "Comprehend_20171127.BatchDetectSentiment":
            return error("UnknownOperationException")
        if self.headers["Content-Type"] != "application/x-amz-json-1.1":
            return error("SerializationException")
        asked = json.loads(body)
        if asked["LanguageCode"] not in ("en", "es", "fr", "de", "it", "pt", "ar", "hi", "ja", "ko", "zh", "zh-TW"):
            return error("UnsupportedLanguageException")
        if not 1 <= len(asked["TextList"]) <= 25:
            return error("BatchSizeLimitExceededException")
        results, errors = [], []
        for index, text in enumerate(asked["TextList"]):
            if not 1 <= len(text.encode()) <= 5000:
                return error("TextSizeLimitExceededException")
            if "refuse" in text:
                errors.append({"Index": index, "ErrorCode": "INTERNAL_SERVER_ERROR", "ErrorMessage": "no"})
                continue
            label, scores = judged(text)
            names = ("Negative", "Neutral", "Positive", "Mixed")
            results.append({"Index": index, "Sentiment": label, "SentimentScore": dict(zip(names, scores))})
        return 200, json.dumps({"ResultList": results, "ErrorList": errors})

    def answer(self, status, body, headers=()):
        data = body.encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class Service:
    """`with Service(comprehend=True) as service:` runs one; `service.url` is its address."""

    def __init__(self, comprehend):
        self.comprehend, self.requests, self.faults, self.always = comprehend, [], [], None
        self.lock = threading.Lock()

    def __enter__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.service = self
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
