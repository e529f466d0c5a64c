using System.Collections.Immutable;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Osmo.Cluster.Wire;
using Osmo.Cluster.Wire.Mapping;
using Osmo.Grains.Availability;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Grains.Nodes;
using Xunit;
using Proto = Osmo.Protocol.Cluster.V1;

namespace Osmo.Unit.Tests.Cluster;

/// <summary>What is written to the wire is what is read from it.</summary>
public sealed class MessageTests
{
    private static readonly Gen<string> Text = Gen.Elements("", "a", "osmo.nvidia.com/verified", "True", "False", "Ünïcödé 節", "x y\n");
    private static readonly Gen<string?> MaybeText = Gen.OneOf(Gen.Constant<string?>(null), Text.Select(text => (string?)text));
    private static readonly Gen<bool> Flag = Gen.Elements(true, false);
    private static readonly Gen<DateTimeOffset> Time = Gen.Choose(0, int.MaxValue)
        .Select(number => new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero).AddTicks(number * 7_919L));
    private static readonly Gen<DateTimeOffset?> MaybeTime = Gen.OneOf(
        Gen.Constant<DateTimeOffset?>(null), Time.Select(time => (DateTimeOffset?)time));

    private static readonly Gen<BackendRecord> Records =
        from texts in Text.ArrayOf(9)
        from uid in MaybeText
        from flags in Flag.ArrayOf(3)
        from tests in Text.ListOf()
        from rules in Gen.Elements(
            Lists("GpuHealthy", "Disk*"), Lists(), Lists("*"), Patterns(), Patterns(("Gpu.*", "True"), ("Ünï", "x|y")))
        from numbers in Gen.Choose(0, int.MaxValue).ArrayOf(2)
        from created in Time
        from heard in MaybeTime
        select new BackendRecord(
            BackendName.Parse("east-1"),
            new BackendConfig
            {
                Description = texts[0],
                DashboardUrl = texts[1],
                GrafanaUrl = texts[2],
                RouterAddress = texts[3],
                Tests = new TextList([.. tests]),
                CacheConfigJson = texts[4],
                Scheduler = new SchedulerSettings(texts[5], texts[6], flags[0], numbers[0]),
                NodeConditions = rules,
                EnableNodeLabelUpdate = flags[1],
            },
            new BackendRegistration(uid, texts[7], texts[8], NodeConditionPrefix.Default, flags[2])
            {
                Protocol = flags[0] ? AgentProtocol.Listener : AgentProtocol.Channel,
            },
            numbers[1],
            created,
            heard);

    private static readonly Gen<(string? Text, List<string> Tags, bool Flag)> Asked =
        from maybe in MaybeText
        from tags in Text.ListOf()
        from flag in Flag
        select (maybe, tags.ToList(), flag);

    private static readonly Gen<NodeExplanation> Nodes =
        from pairs in Gen.Zip(Gen.Elements("Ready", "DiskPressure", "GpuHealthy"), Gen.Elements("True", "False", "Unknown", "")).ListOf()
        from rules in Gen.Elements(
            Lists("GpuHealthy"), Lists("Disk*"), Ignoring("Disk*"), Ignoring("*"), Patterns(("Gpu", "True"), ("D", "False|Unknown")))
        from flags in Flag.ArrayOf(3)
        from labels in Gen.Zip(Text, Text).ListOf()
        from taints in Text.ArrayOf(3).ListOf()
        from resources in Gen.Zip(Text, Text).ListOf()
        from texts in Text.ArrayOf(3)
        from maybe in MaybeText.ArrayOf(4)
        from since in MaybeTime
        select Explain([.. pairs.Select(pair => new ConditionPair(pair.Item1, pair.Item2))], rules, flags, (since, maybe), (
            texts,
            new NodeFacts(
                [.. labels.Select(label => new NodeLabel(label.Item1, label.Item2))],
                [.. taints.Select(taint => new NodeTaint(taint[0], taint[1], taint[2]))],
                [.. resources.Select(resource => new NodeResource(resource.Item1, resource.Item2))],
                [.. Enumerable.Reverse(resources).Select(resource => new NodeResource(resource.Item1, resource.Item2))])));

    [Fact]
    public void Backends_survive() => Check(Records, record =>
    {
        Assert.Equal(record, BackendMessages.Read(Through(BackendMessages.Write(record))));
        var status = new BackendStatus(record, true, false, true, 5, 4, 3, 2, record.Config.Description)
        {
            AgentDisagreements = 6,
        };
        Assert.Equal(status, BackendMessages.Read(Through(BackendMessages.Write(status))));
        var view = new BackendView(record, record.LastHeartbeat, null, null);
        Assert.Equal(view, BackendMessages.Read(Through(BackendMessages.Write(view))));
        Assert.Equal(
            new BackendView(null, null, false, ""),
            BackendMessages.Read(Through(BackendMessages.Write(new BackendView(null, null, false, "")))));
    });

    [Fact]
    public void Pages_of_nodes_survive() => Check(Nodes.ListOf().Select(nodes => nodes.ToImmutableArray()), nodes =>
    {
        foreach (var next in new[] { null, "node-7" })
        {
            var read = PageMessages.Read(Through(PageMessages.Write(new NodePage(nodes, next))));
            Assert.Equal(next, read.Continue);
            Assert.Equal(nodes.Select(Told), read.Nodes.Select(Told));
        }
    });

    [Fact]
    public void A_page_that_is_too_large_says_where_it_goes_on() => Check(Nodes, node =>
    {
        var nodes = Enumerable.Range(0, 50).Select(i => node with { Node = node.Node with { Name = $"node-{i:D2}" } }).ToImmutableArray();
        var read = PageMessages.Read(Through(PageMessages.Write(new NodePage(nodes, null), bytesMax: 300)));
        Assert.InRange(read.Nodes.Length, 1, nodes.Length - 1);
        Assert.Equal(read.Nodes[^1].Node.Name, read.Continue);
        Assert.Equal(nodes.Take(read.Nodes.Length).Select(Told), read.Nodes.Select(Told));
    });

    [Fact]
    public void Events_survive_and_lost_ones_stay_lost() => Check(Gen.Zip(Nodes, Records), both =>
    {
        var name = BackendName.Parse("east");
        FleetEvent?[] events =
        [
            new(FleetEventKind.NodeChanged, name, both.Item1.Node, null),
            null,
            new(FleetEventKind.NodeDeleted, name, both.Item1.Node, null),
            new(FleetEventKind.BackendChanged, name, null, new BackendView(both.Item2, null, true, "why")),
            new(FleetEventKind.BackendDeleted, name, null, null),
        ];
        var read = EventMessages.Read(Through(EventMessages.Write(events)));
        Assert.Equal(
            events.Select(happened => (happened?.Kind, happened?.Backend, happened?.View, Told(happened?.Node))),
            read.Select(happened => (happened?.Kind, happened?.Backend, happened?.View, Told(happened?.Node))));
    });

    [Fact]
    public void Changes_and_questions_survive() => Check(Asked, parts =>
    {
        var (maybe, tags, flag) = parts;
        using var json = JsonDocument.Parse("""{"description":null,"tests":["a"]}""");
        var audit = new Audit("alice", maybe, new TextList([.. tags]), flag ? new RequestId("key", -5) : null);
        ConfigEdit edit = flag ? new ReplaceFields(json.RootElement) : new MergePatch(json.RootElement);
        var message = Through(CallMessages.Write(edit, audit, flag ? 7 : null));
        Assert.Equal(audit, CallMessages.Read(message.Audit));
        Assert.Equal(flag, message.HasExpectedRevision);
        var text = CallMessages.ReadEdit(message) switch
        {
            ReplaceFields replace when flag => replace.Configs.GetRawText(),
            MergePatch merge when !flag => merge.Patch.GetRawText(),
            _ => null,
        };
        Assert.Equal(json.RootElement.GetRawText(), text);

        Assert.True(LabelSelector.TryParse("a=b,!c", out var labels, out _));
        var query = new NodeQuery { Available = flag, ConditionType = maybe, ConditionStatus = maybe, After = maybe, Limit = 17 };
        Assert.Equal(query, CallMessages.Read(Through(CallMessages.Write(query))));
        Assert.Equal("a=b,!c", CallMessages.Read(Through(CallMessages.Write(query with { Labels = labels }))).Labels!.Text);
        var placement = new BackendPlacement("silo-1", 3, flag ? 9 : null);
        Assert.Equal(placement, CallMessages.Read(Through(CallMessages.Write(placement))));
    });

    [Fact]
    public void Failures_survive()
    {
        foreach (var code in Enum.GetValues<ErrorCode>())
        {
            var failure = new OsmoException(code, "why", [new FieldError("a.b", "is wrong")]);
            var read = FailureMessages.Read(Through(FailureMessages.Write(failure)));
            Assert.Equal((code, "why"), (read.Code, read.Message));
            Assert.Equal(failure.Fields, read.Fields);
        }

        foreach (var owner in new long?[] { null, 5 })
        {
            var move = new ShardMove(3, 17, owner);
            Assert.Equal(move, FailureMessages.Read(Through(FailureMessages.Write(new OsmoException("gone", move)))).Move);
        }
    }

    [Fact]
    public void Frames_hold_what_was_put_in_and_no_bytes_make_reading_them_crash()
    {
        using var writer = new FrameWriter();
        writer.Add(new Proto.Call { Id = ulong.MaxValue, Backend = "east", TimeoutMs = 5, Ping = new() });
        writer.AddCancelled(300);
        writer.Add(new Proto.Answer { Id = 7, Done = new() });
        var frame = writer.Frame.ToArray();
        var parsed = Proto.ClusterFrame.Parser.ParseFrom(frame);
        Assert.Equal((1, 1, 300UL), (parsed.Calls.Count, parsed.Answers.Count, Assert.Single(parsed.Cancelled)));
        Assert.Equal(3, Parts(frame));

        Check(Gen.Zip(Gen.Choose(0, frame.Length - 1), Gen.Choose(0, 255)), change =>
        {
            var broken = frame.ToArray();
            broken[change.Item1] = (byte)change.Item2;
            foreach (var bytes in new[] { broken, broken[..change.Item1] })
            {
                try
                {
                    Parts(bytes);
                }
                catch (WireFormatException)
                {
                    // The one failure that is foreseen.
                }
            }
        });
    }

    private static int Parts(byte[] frame)
    {
        var reader = new FrameReader(frame);
        var parts = 0;
        while (reader.TryRead())
        {
            parts++;
        }

        return parts;
    }

    private static NodeExplanation Explain(
        ConditionPair[] pairs,
        NodeConditionRules rules,
        bool[] flags,
        (DateTimeOffset? Since, string?[] Maybe) optional,
        (string[] Texts, NodeFacts Facts) rest)
    {
        new ConditionSetPool(new ConditionTable()).TryShare(pairs, out var set);
        var node = new NodeSnapshot(
            rest.Texts[0], rest.Texts[1], flags[0], set!, rest.Facts, flags[1], optional.Since, optional.Maybe[0])
        {
            AgentVerdict = optional.Since is null ? null : flags[2],
            Usage = flags[2] ? new NodeUsage(rest.Facts.Allocatable, rest.Facts.Capacity) : null,
        };
        var label = new LabelState(rest.Texts[2], optional.Maybe[1], optional.Maybe[2], flags[2], optional.Maybe[3]);
        return new NodeExplanation(node, rules.Explain(pairs, flags[0], node.AgentVerdict), label);
    }

    private static NodeConditionRules Lists(params string[] additional) =>
        NodeConditionRules.TryCreate(additional, [], out var rules, out _) ? rules : throw new ArgumentException("No legal lists.");

    private static NodeConditionRules Ignoring(params string[] ignore) =>
        NodeConditionRules.TryCreate([], ignore, out var rules, out _) ? rules : throw new ArgumentException("No legal lists.");

    private static NodeConditionRules Patterns(params (string Type, string Status)[] pairs) =>
        NodeConditionRules.TryCreate([.. pairs.Select(pair => new ConditionRule(pair.Type, pair.Status))], out var rules, out _)
            ? rules
            : throw new ArgumentException("No legal patterns.");

    private static object Told(NodeExplanation node) => (
        Told(node.Node),
        node.Label,
        node.Verdict.Cordoned,
        string.Join('|', node.Verdict.Conditions),
        string.Join('|', node.Verdict.Reasons),
        node.Verdict.AgentDisagrees);

    /// <summary>Sets of conditions are equal by what they hold.</summary>
    private static object? Told(NodeSnapshot? node) => node is null
        ? null
        : (string.Join('|', node.Conditions.ToPairs()), node with { Conditions = null! });

    private static T Through<T>(T message)
        where T : IMessage<T>, new() => new MessageParser<T>(() => new T()).ParseFrom(message.ToByteArray());

    private static void Check<T>(Gen<T> values, Action<T> property) =>
        Prop.ForAll(values.ToArbitrary(), property).QuickCheckThrowOnFailure();
}
