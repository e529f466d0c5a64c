namespace Osmo.KubeSim.Objects;

/// <summary>The v1 Node and its parts, fields in the order the API server writes them.</summary>
internal static class NodeSchema
{
    private static readonly FieldSchema Text = new() { Kind = FieldKind.Text };
    private static readonly FieldSchema RequiredText = new() { Kind = FieldKind.Text, Required = true };
    private static readonly FieldSchema Number = new() { Kind = FieldKind.Number };
    private static readonly FieldSchema Flag = new() { Kind = FieldKind.Flag };
    private static readonly FieldSchema Time = new() { Kind = FieldKind.Timestamp };
    private static readonly FieldSchema TextMap = new() { Kind = FieldKind.Map, Item = Text };
    private static readonly FieldSchema TextList = new() { Kind = FieldKind.List, Item = Text };
    private static readonly FieldSchema TextSet = new() { Kind = FieldKind.List, Item = Text, MergeKey = "" };
    private static readonly FieldSchema Quantities = new() { Kind = FieldKind.Map, Item = new() { Kind = FieldKind.Quantity } };

    private static readonly FieldSchema OwnerReference = Struct("OwnerReference",
        ("apiVersion", RequiredText), ("kind", RequiredText), ("name", RequiredText), ("uid", RequiredText),
        ("controller", Flag), ("blockOwnerDeletion", Flag));

    private static readonly FieldSchema ManagedFieldsEntry = Struct("ManagedFieldsEntry",
        ("manager", Text), ("operation", Text), ("apiVersion", Text), ("time", Time), ("fieldsType", Text),
        ("fieldsV1", new() { Kind = FieldKind.Opaque }), ("subresource", Text));

    private static readonly FieldSchema ConfigSource = Optional("NodeConfigSource", ("configMap", Optional("ConfigMapNodeConfigSource",
        ("namespace", RequiredText), ("name", RequiredText), ("uid", Text), ("resourceVersion", Text),
        ("kubeletConfigKey", RequiredText))));

    public static readonly FieldSchema Metadata = Struct("ObjectMeta",
        ("name", Text), ("generateName", Text), ("namespace", Text), ("selfLink", Text), ("uid", Text), ("resourceVersion", Text),
        ("generation", Number), ("creationTimestamp", Time), ("deletionTimestamp", Time),
        ("deletionGracePeriodSeconds", new() { Kind = FieldKind.Number, Required = true }), ("labels", TextMap), ("annotations", TextMap),
        ("ownerReferences", new() { Kind = FieldKind.List, Item = OwnerReference, MergeKey = "uid" }),
        ("finalizers", TextSet), ("managedFields", new() { Kind = FieldKind.List, Item = ManagedFieldsEntry }));

    private static readonly FieldSchema Taint = Struct("Taint",
        ("key", RequiredText), ("value", Text), ("effect", RequiredText), ("timeAdded", Time));

    // Taints carry no patch strategy in the Node API: a strategic merge patch replaces the whole list, unlike conditions.
    public static readonly FieldSchema Spec = Struct("NodeSpec",
        ("podCIDR", Text), ("podCIDRs", TextSet), ("providerID", Text), ("unschedulable", Flag),
        ("taints", new() { Kind = FieldKind.List, Item = Taint }), ("configSource", ConfigSource), ("externalID", Text));

    public static readonly FieldSchema Condition = Struct("NodeCondition",
        ("type", RequiredText), ("status", RequiredText), ("lastHeartbeatTime", Time), ("lastTransitionTime", Time),
        ("reason", Text), ("message", Text));

    private static readonly FieldSchema Address = Struct("NodeAddress", ("type", RequiredText), ("address", RequiredText));

    private static readonly FieldSchema NodeInfo = Struct("NodeSystemInfo",
        ("machineID", RequiredText), ("systemUUID", RequiredText), ("bootID", RequiredText), ("kernelVersion", RequiredText),
        ("osImage", RequiredText), ("containerRuntimeVersion", RequiredText), ("kubeletVersion", RequiredText),
        ("kubeProxyVersion", RequiredText), ("operatingSystem", RequiredText), ("architecture", RequiredText),
        ("swap", Optional("NodeSwapStatus", ("capacity", Number))));

    private static readonly FieldSchema DaemonEndpoints = Struct("NodeDaemonEndpoints",
        ("kubeletEndpoint", Struct("DaemonEndpoint", ("Port", new() { Kind = FieldKind.Number, Required = true }))));

    private static readonly FieldSchema Image = Struct("ContainerImage", ("names", TextList), ("sizeBytes", Number));

    private static readonly FieldSchema AttachedVolume = Struct("AttachedVolume", ("name", RequiredText), ("devicePath", RequiredText));

    private static readonly FieldSchema RuntimeHandler = Struct("NodeRuntimeHandler", ("name", RequiredText),
        ("features", Optional("NodeRuntimeHandlerFeatures", ("recursiveReadOnlyMounts", Flag), ("userNamespaces", Flag))));

    public static readonly FieldSchema Status = Struct("NodeStatus",
        ("capacity", Quantities), ("allocatable", Quantities), ("phase", Text),
        ("conditions", new() { Kind = FieldKind.List, Item = Condition, MergeKey = "type" }),
        ("addresses", new() { Kind = FieldKind.List, Item = Address, MergeKey = "type" }),
        ("daemonEndpoints", DaemonEndpoints), ("nodeInfo", NodeInfo), ("images", new() { Kind = FieldKind.List, Item = Image }),
        ("volumesInUse", TextList), ("volumesAttached", new() { Kind = FieldKind.List, Item = AttachedVolume }),
        ("config", Optional("NodeConfigStatus",
            ("assigned", ConfigSource), ("active", ConfigSource), ("lastKnownGood", ConfigSource), ("error", Text))),
        ("runtimeHandlers", new() { Kind = FieldKind.List, Item = RuntimeHandler }),
        ("features", Optional("NodeFeatures", ("supplementalGroupsPolicy", Flag))), ("declaredFeatures", TextList));

    public static readonly FieldSchema Node = Struct("Node",
        ("kind", Text), ("apiVersion", Text), ("metadata", Metadata), ("spec", Spec), ("status", Status));

    private static FieldSchema Struct(string typeName, params (string, FieldSchema)[] fields) =>
        new() { Kind = FieldKind.Struct, TypeName = typeName, Fields = fields };

    private static FieldSchema Optional(string typeName, params (string, FieldSchema)[] fields) =>
        new() { Kind = FieldKind.OptionalStruct, TypeName = typeName, Fields = fields };
}
