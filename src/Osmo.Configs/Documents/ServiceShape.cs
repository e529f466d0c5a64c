using static Osmo.Configs.Documents.CommonShapes;

namespace Osmo.Configs.Documents;

/// <summary>The SERVICE and DATASET configurations.</summary>
internal static class ServiceShape
{
    private static readonly Shape LoginInfo = new ObjectShape(
    [
        NullableText("device_endpoint"), NullableText("device_client_id"), NullableText("browser_endpoint"),
        NullableText("browser_client_id"), NullableText("token_endpoint"), NullableText("logout_endpoint"),
    ]);

    private static readonly Shape Auth = new ObjectShape(
    [
        new("keys", new MapShape(FreeObject, anyName: true, entriesMax: 64), "{}"),
        TextField("active_key"),
        TextField("issuer", "osmo"),
        TextField("audience", "osmo"),
        new("user_roles", Texts, """["osmo-user"]"""),
        new("ctrl_roles", Texts, """["osmo-user", "osmo-ctrl"]"""),
        new("login_info", LoginInfo, "{}"),
        DurationField("max_token_duration", "365d"),
    ]);

    private static readonly Shape Cli = new ObjectShape(
    [
        NullableText("cli_name"),
        new("latest_version", CommonShapes.Version.OrNull(), "null"),
        new("min_supported_version", CommonShapes.Version.OrNull(), "null"),
        NullableText("client_install_url"),
        new("credential", DataCredential, "null"),
    ]);

    public static Shape Document { get; } = new ObjectShape(
    [
        TextField("service_base_url"),
        new("service_auth", Auth, "{}"),
        new("cli_config", Cli, "{}"),
        DurationField("max_pod_restart_limit", "30m"),
        CountField("agent_queue_size", 1_024),
    ]);

    /// <summary>A bucket's fields depend on the kind of storage.</summary>
    public static Shape Dataset { get; } = new ObjectShape([new("buckets", new MapShape(FreeObject), "{}"), TextField("default_bucket")]);
}
