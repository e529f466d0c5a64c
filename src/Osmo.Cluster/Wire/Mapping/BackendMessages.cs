using Osmo.Grains.Availability;
using Osmo.Grains.Backends;
using Proto = Osmo.Protocol.Cluster.V1;

namespace Osmo.Cluster.Wire.Mapping;

/// <summary>Backends as messages. What is read equals what was written.</summary>
internal static class BackendMessages
{
    public static Proto.BackendRecord Write(BackendRecord record)
    {
        var message = new Proto.BackendRecord
        {
            Name = record.Name.Value,
            Config = Write(record.Config),
            Registration = Write(record.Registration),
            Revision = record.Revision,
            CreatedAtTicks = record.CreatedAt.UtcTicks,
        };
        if (record.LastHeartbeat is { } heard)
        {
            message.LastHeartbeatTicks = heard.UtcTicks;
        }

        return message;
    }

    /// <exception cref="WireFormatException">A field breaks a rule of this build.</exception>
    public static BackendRecord Read(Proto.BackendRecord message) => new(
        Name(message.Name),
        Read(message.Config ?? throw new WireFormatException("A backend came without its configuration.")),
        Read(message.Registration ?? throw new WireFormatException("A backend came without its registration.")),
        message.Revision,
        Time(message.CreatedAtTicks),
        message.HasLastHeartbeatTicks ? Time(message.LastHeartbeatTicks) : null);

    public static Proto.BackendStatus Write(BackendStatus status)
    {
        var message = new Proto.BackendStatus
        {
            Record = Write(status.Record),
            Online = status.Online,
            AgentConnected = status.AgentConnected,
            AgentSynced = status.AgentSynced,
            Nodes = status.Nodes,
            Available = status.Available,
            LabelsWrong = status.LabelsWrong,
            LabelsFailing = status.LabelsFailing,
            AgentDisagreements = status.AgentDisagreements,
        };
        if (status.ClusterError is { } error)
        {
            message.ClusterError = error;
        }

        return message;
    }

    /// <exception cref="WireFormatException">A field breaks a rule of this build.</exception>
    public static BackendStatus Read(Proto.BackendStatus message) => new(
        Read(message.Record ?? throw new WireFormatException("A status came without its backend.")),
        message.Online,
        message.AgentConnected,
        message.AgentSynced,
        message.Nodes,
        message.Available,
        message.LabelsWrong,
        message.LabelsFailing,
        message.HasClusterError ? message.ClusterError : null)
    {
        AgentDisagreements = message.AgentDisagreements,
    };

    public static Proto.BackendView Write(BackendView view)
    {
        var message = new Proto.BackendView();
        if (view.Record is { } record)
        {
            message.Record = Write(record);
        }

        if (view.LastHeartbeat is { } heard)
        {
            message.LastHeartbeatTicks = heard.UtcTicks;
        }

        if (view.AgentSynced is { } synced)
        {
            message.AgentSynced = synced;
        }

        if (view.ClusterError is { } error)
        {
            message.ClusterError = error;
        }

        return message;
    }

    /// <exception cref="WireFormatException">A field breaks a rule of this build.</exception>
    public static BackendView Read(Proto.BackendView message) => new(
        message.Record is { } record ? Read(record) : null,
        message.HasLastHeartbeatTicks ? Time(message.LastHeartbeatTicks) : null,
        message.HasAgentSynced ? message.AgentSynced : null,
        message.HasClusterError ? message.ClusterError : null);

    /// <exception cref="WireFormatException">It is no name of a backend.</exception>
    public static BackendName Name(string text) =>
        BackendName.TryParse(text, out var name) ? name : throw new WireFormatException("A message names no backend.");

    /// <exception cref="WireFormatException">It is no time.</exception>
    public static DateTimeOffset Time(long ticks) =>
        ticks >= DateTime.MinValue.Ticks && ticks <= DateTime.MaxValue.Ticks
            ? new DateTimeOffset(ticks, TimeSpan.Zero)
            : throw new WireFormatException("A message has a time that does not exist.");

    private static Proto.BackendConfig Write(BackendConfig config)
    {
        var message = new Proto.BackendConfig
        {
            Description = config.Description,
            DashboardUrl = config.DashboardUrl,
            GrafanaUrl = config.GrafanaUrl,
            RouterAddress = config.RouterAddress,
            CacheConfigJson = config.CacheConfigJson,
            SchedulerType = config.Scheduler.SchedulerType,
            SchedulerName = config.Scheduler.SchedulerName,
            Coscheduling = config.Scheduler.Coscheduling,
            SchedulerTimeout = config.Scheduler.SchedulerTimeout,
            EnableNodeLabelUpdate = config.EnableNodeLabelUpdate,
        };
        message.Tests.AddRange(config.Tests.Items);
        switch (config.NodeConditions)
        {
            case NodeConditionLists lists:
                message.AdditionalNodeConditions.AddRange(lists.Additional);
                message.IgnoreNodeConditions.AddRange(lists.Ignore);
                break;
            case NodeConditionPatterns patterns:
                message.NodeConditionRules = new Proto.ConditionRules();
                message.NodeConditionRules.Rules.AddRange(
                    patterns.Rules.Select(rule => new Proto.ConditionRule { Type = rule.Type, Status = rule.Status }));
                break;
        }

        return message;
    }

    private static BackendConfig Read(Proto.BackendConfig message) => new()
    {
        Description = message.Description,
        DashboardUrl = message.DashboardUrl,
        GrafanaUrl = message.GrafanaUrl,
        RouterAddress = message.RouterAddress,
        Tests = new TextList([.. message.Tests]),
        CacheConfigJson = message.CacheConfigJson,
        Scheduler = new SchedulerSettings(
            message.SchedulerType, message.SchedulerName, message.Coscheduling, message.SchedulerTimeout),
        NodeConditions = ReadRules(message),
        EnableNodeLabelUpdate = message.EnableNodeLabelUpdate,
    };

    private static NodeConditionRules ReadRules(Proto.BackendConfig message)
    {
        var legal = message.NodeConditionRules is { } given
            ? NodeConditionRules.TryCreate(
                [.. given.Rules.Select(rule => new ConditionRule(rule.Type, rule.Status))], out var rules, out var errors)
            : NodeConditionRules.TryCreate(
                message.AdditionalNodeConditions, message.IgnoreNodeConditions, out rules, out errors);
        return legal ? rules : throw new WireFormatException($"A backend came with rules that are not legal here: {errors[0].Message}");
    }

    private static Proto.Registration Write(BackendRegistration registration)
    {
        var message = new Proto.Registration
        {
            Namespace = registration.Namespace,
            AgentVersion = registration.AgentVersion,
            Prefix = registration.Prefix.Value,
            AgentLabelUpdates = registration.AgentLabelUpdates,
            IsListener = registration.Protocol == AgentProtocol.Listener,
        };
        if (registration.ClusterUid is { } uid)
        {
            message.ClusterUid = uid;
        }

        return message;
    }

    private static BackendRegistration Read(Proto.Registration message) => new(
        message.HasClusterUid ? message.ClusterUid : null,
        message.Namespace,
        message.AgentVersion,
        NodeConditionPrefix.TryCreate(message.Prefix, out var prefix, out var problem) ? prefix : throw new WireFormatException(problem),
        message.AgentLabelUpdates)
    {
        Protocol = message.IsListener ? AgentProtocol.Listener : AgentProtocol.Channel,
    };
}
