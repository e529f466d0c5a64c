using static Osmo.Configs.Documents.CommonShapes;

namespace Osmo.Configs.Documents;

/// <summary>The WORKFLOW configuration.</summary>
internal static class WorkflowShape
{
    /// <summary>An image's name, or one for each architecture.</summary>
    private static readonly Shape Image = new ObjectOrShape(new ObjectShape([TextField("amd64"), TextField("arm64")]), Text);

    private static readonly Shape RegistryCredential = new ObjectShape(
        [TextField("registry"), TextField("username"), new Field("auth", Text, "\"\"", Alias: "password")]);

    private static readonly Shape Images = new ObjectShape(
    [
        new("init", Image, """{"amd64": "", "arm64": ""}"""),
        new("client", Image, """{"amd64": "", "arm64": ""}"""),
        new("credential", RegistryCredential, "{}"),
    ]);

    private static readonly Shape Data = new ObjectShape(
    [
        new("credential", DataCredential, "null"),
        TextField("base_url"),
        CountField("websocket_timeout", 1440),
        CountField("data_timeout", 10),
        TextField("download_type", "download"),
    ]);

    private static readonly Shape OnlyCredential = new ObjectShape([new("credential", DataCredential, "null")]);

    private static readonly Shape Info = new ObjectShape([TextsField("tags"), CountField("max_name_length", 64)]);

    private static readonly Shape Alerts = new ObjectShape(
    [
        TextField("slack_token"),
        new("smtp_settings", new ObjectShape([TextField("host"), TextField("sender"), TextField("password")]), "{}"),
    ]);

    private static readonly Shape CredentialChecks = new ObjectShape(
        [TextsField("disable_registry_validation"), TextsField("disable_data_validation")]);

    private static readonly Shape UserLimits = new ObjectShape(
    [
        new("max_num_workflows", Count.OrNull(), "null"),
        new("max_num_tasks", Count.OrNull(), "null"),
        CountField("jinja_sandbox_workers", 2),
        new("jinja_sandbox_max_time", Seconds, "0.5"),
        CountField("jinja_sandbox_memory_limit", 104_857_600),
    ]);

    private static readonly Shape Rsync = new ObjectShape(
    [
        FlagField("enabled"),
        FlagField("enable_telemetry"),
        CountField("read_bandwidth_limit", 2_621_440),
        CountField("write_bandwidth_limit", 2_621_440),
        new("allowed_paths", FreeObject, "{}"),
        new("daemon_debounce_delay", Seconds, "30.0"),
        new("daemon_poll_interval", Seconds, "120.0"),
        new("daemon_reconcile_interval", Seconds, "60.0"),
        CountField("client_upload_rate_limit", 2_097_152),
    ]);

    private static readonly Shape Labels = new ObjectShape([new("policy", new ListShape(FreeObject), "[]"), TextField("pod_label_prefix")]);

    public static Shape Document { get; } = new ObjectShape(
    [
        new("workflow_data", Data, "{}"),
        new("workflow_log", OnlyCredential, "{}"),
        new("workflow_app", OnlyCredential, "{}"),
        new("workflow_info", Info, "{}"),
        new("backend_images", Images, "{}"),
        new("workflow_alerts", Alerts, "{}"),
        new("credential_config", CredentialChecks, "{}"),
        new("user_workflow_limits", UserLimits, "{}"),
        new("plugins_config", new ObjectShape([new("rsync", Rsync, "{}")]), "{}"),
        new("labels_config", Labels, "{}"),
        CountField("max_num_tasks", 20),
        CountField("max_num_ports_per_task", 30),
        CountField("max_retry_per_task", 0),
        CountField("max_retry_per_job", 5),
        CountField("default_schedule_timeout", 30),
        DurationField("default_exec_timeout", "60d"),
        DurationField("default_queue_timeout", "60d"),
        DurationField("max_exec_timeout", "60d"),
        DurationField("max_queue_timeout", "60d"),
        DurationField("force_cleanup_delay", "1h"),
        CountField("max_log_lines", 10_000),
        CountField("max_task_log_lines", 1_000),
        CountField("max_error_log_lines", 100),
        CountField("max_event_log_lines", 100),
        DurationField("task_heartbeat_frequency", "10m"),
    ]);
}
