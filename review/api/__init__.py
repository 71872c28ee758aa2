from ninja import NinjaAPI

api = NinjaAPI(title="Spotter", version="1.0.0", urls_namespace="api")
