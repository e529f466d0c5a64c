using static Osmo.Configs.Documents.CommonShapes;

namespace Osmo.Configs.Documents;

/// <summary>The POOL configuration: <c>{"pools": {NAME: {...}}}</c>.</summary>
internal static class PoolShape
{
    private static readonly Shape GpuQuota = new ObjectShape(
    [
        new("guarantee", new NumberShape(least: -1), "-1"),
        new("maximum", new NumberShape(least: -1), "-1"),
        new("weight", Count, "1"),
    ]);

    private static readonly Shape Permission = new ChoiceShape("PRIVATE", "POOL", "PUBLIC");

    private static readonly Shape Permissions = new ObjectShape(
    [
        new("execute", Permission, "\"PRIVATE\""),
        new("portforward", Permission, "\"PRIVATE\""),
        new("cancel", Permission, "\"PRIVATE\""),
        new("rsync", Permission, "\"PRIVATE\""),
    ]);

    /// <summary>What of a platform or a pool follows from other configurations: shown by some routes, never set.</summary>
    private static readonly string[] Derived =
        ["parsed_resource_validations", "parsed_pod_template", "parsed_group_templates", "last_heartbeat", "status"];

    public static Shape Platform { get; } = new ObjectShape(
        [
            TextField("description"),
            FlagField("host_network_allowed"),
            FlagField("privileged_allowed"),
            TextsField("allowed_mounts"),
            TextsField("default_mounts"),
            new("default_variables", FreeObject, "{}"),
            TextsField("resource_validations"),
            TextsField("override_pod_template"),
            new("labels", new MapShape(Text, anyName: true), "{}"),
            new("tolerations", new ListShape(FreeObject), "[]"),
        ],
        Derived);

    public static Shape Pool { get; } = new ObjectShape(
        [
            TextField("name"),
            TextField("description"),
            NullableText("download_type"),
            FlagField("enable_maintenance"),
            new("backend", Text, Default: null),
            NullableText("default_platform"),
            DurationField("default_exec_timeout", ""),
            DurationField("default_queue_timeout", ""),
            DurationField("max_exec_timeout", ""),
            DurationField("max_queue_timeout", ""),
            new("default_exit_actions", FreeObject, "{}"),
            new("action_permissions", Permissions, "{}"),
            new("resources", new ObjectShape([new("gpu", GpuQuota.OrNull(), "null")]), "{}"),
            new("topology_keys", new ListShape(new ObjectShape([new("key", Text, null), new("label", Text, null)])), "[]"),
            new("common_default_variables", FreeObject, "{}"),
            TextsField("common_resource_validations"),
            TextsField("common_pod_template"),
            TextsField("common_group_templates"),
            new("platforms", new MapShape(Platform), "{}"),
        ],
        Derived);

    public static Shape Document { get; } = new ObjectShape([new("pools", new MapShape(Pool), "{}")]);
}
