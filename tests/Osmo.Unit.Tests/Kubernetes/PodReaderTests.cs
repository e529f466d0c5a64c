using System.Text;
using System.Text.Json.Nodes;
using Osmo.Kubernetes;
using Osmo.Testing.Kubernetes;
using Xunit;

namespace Osmo.Unit.Tests.Kubernetes;

/// <summary>Workflows' pods and events off the wire, whole and odd.</summary>
public sealed class PodReaderTests
{
    private static readonly ObjectKind<EventProjection> Events = new("events", "/events", EventReader.Read);

    [Fact]
    public void A_workflows_pod_is_read_with_how_it_fares()
    {
        PodJson pod = new PodJson("a", retry: "3").Scheduled("node-7").Running("10.1.1.1")
            .Ends(PodJson.Main, 137, "OOMKilled", "too much").BeingDeleted(45).Phase("Failed", "Evicted", "low on memory");
        PodProjection read = ReadLine(pod.Json).Item!;
        WorkflowPodState state = read.Workflow!;
        Assert.Equal(("workflow-of-a", "task-of-a", "3"), (state.WorkflowUuid, state.TaskUuid, state.RetryId));
        Assert.Equal(("node-7", "Failed", "Evicted", "low on memory"), (read.Node, read.Phase, state.Reason, state.Message));
        Assert.Equal((true, 45, "10.1.1.1", "main"), (state.IsBeingDeleted, state.DeletionGraceSeconds, state.Ip, state.FirstContainer));
        Assert.Equal(
            [
                new PodContainer("main", PodContainerPhase.Terminated, "OOMKilled", "too much", 137),
                new PodContainer("osmo-ctrl", PodContainerPhase.Running, "", "", null),
            ],
            state.Containers);
        Assert.Equal([new PodContainer("osmo-init", PodContainerPhase.Terminated, "Completed", "", 0)], state.InitContainers);
        Assert.Equal(["PodScheduled True", "Initialized True", "Ready True"], state.Conditions.Select(c => $"{c.Type} {c.Status}"));
        Assert.All(state.Conditions, c => Assert.Equal(new DateTimeOffset(2026, 11, 21, 18, 33, 21, TimeSpan.Zero), c.Since));
    }

    [Fact]
    public void Of_other_pods_only_the_short_state_is_kept_and_the_order_of_members_does_not_matter()
    {
        PodJson pod = new PodJson("a").Scheduled().Running();
        JsonObject turned = new(pod.Json.Reverse().Select(member => KeyValuePair.Create(member.Key, member.Value?.DeepClone())));
        Assert.Equal(2, ReadLine(turned).Item!.Workflow!.Containers.Length);
        pod.Json["metadata"]!["labels"]!.AsObject().Remove("osmo.workflow_uuid");
        Assert.Null(ReadLine(pod.Json).Item!.Workflow);
    }

    [Fact]
    public void Long_texts_are_cut_and_a_pair_of_surrogates_is_not()
    {
        PodJson pod = new PodJson("a").Phase("Failed", "Evicted", new string('x', 998) + "😀" + new string('y', 9_000));
        string message = ReadLine(pod.Json).Item!.Workflow!.Message;
        Assert.Equal(new string('x', 998) + "…", message);
    }

    [Fact]
    public void An_item_that_cannot_be_read_hides_no_other()
    {
        byte[] list = [.. """{"metadata":{"resourceVersion":"5"},"items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"""u8,
            0xff, .. "\"}},{\"metadata\":{\"name\":\"c\"}}]}"u8];
        ObjectPage<PodProjection> page = ObjectReader.ReadList(PodReflector.Kind, list);
        Assert.Equal(["a", "c"], page.Items.Select(pod => pod.Name));
        Assert.Single(page.Skipped);
        ObjectEvent<PodProjection> line = ObjectReader.ReadEvent(
            PodReflector.Kind, [.. """{"type":"ADDED","object":{"metadata":{"name":"b"""u8, 0xff, .. "\"}}}"u8]);
        Assert.True(line.Item is null && line.Skipped is not null);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Values_of_any_kind_in_any_place_are_no_failure(int seed)
    {
        Random random = new(seed);
        for (int round = 0; round < 1_500; round++)
        {
            JsonObject pod = new PodJson("a").Scheduled().Running().Ended(1).BeingDeleted().Json;
            JsonObject entry = new PodJson("a").Event("Pulling", "text");
            for (int i = random.Next(1, 5); i > 0; i--)
            {
                Spoil(pod, random);
                Spoil(entry, random);
            }

            ObjectEvent<PodProjection> read = ReadLine(pod);
            Assert.Null(read.Skipped);
            if (read.Item?.Workflow is { } state)
            {
                Assert.True(state.WorkflowUuid.Length > 0 && state.TaskUuid.Length > 0);
                Assert.DoesNotContain(state.Containers, container => container.Name is null);
                Agent.Workflows.TotalRules.Hold(read.Item, state);
            }

            Assert.Null(ObjectReader.ReadEvent(Events, Line(entry)).Skipped);
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void Bytes_changed_at_random_are_read_or_refused_and_nothing_else(int seed)
    {
        Random random = new(seed);
        byte[] original = Line(new PodJson("a").Scheduled().Running().Json);
        for (int round = 0; round < 3_000; round++)
        {
            byte[] bytes = [.. original];
            for (int i = random.Next(1, 4); i > 0; i--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            try
            {
                ObjectReader.ReadEvent(PodReflector.Kind, bytes);
            }
            catch (JsonFormatException)
            {
                // The watch begins again at the version before it.
            }
        }
    }

    [Theory]
    [InlineData("""{"lastTimestamp":"2026-01-02T03:04:05Z","eventTime":"2026-01-01T00:00:00.5Z"}""", "2026-01-02T03:04:05")]
    [InlineData("""{"lastTimestamp":null,"eventTime":"2026-01-01T00:00:00.500000Z"}""", "2026-01-01T00:00:00")]
    [InlineData("""{"eventTime":"2026-01-01T00:00:00Z","series":{"lastObservedTime":"2026-01-03T00:00:00.1Z"}}""", "2026-01-03T00:00:00")]
    [InlineData("""{"firstTimestamp":"2025-12-31T23:59:59Z","eventTime":"yesterday"}""", "2025-12-31T23:59:59")]
    [InlineData("""{"lastTimestamp":null}""", "2026-05-05T05:05:05")]
    public void The_time_of_an_event_is_that_of_its_last_occurrence(string times, string expected)
    {
        JsonObject entry = JsonNode.Parse(times)!.AsObject();
        entry["metadata"] = new JsonObject { ["name"] = "e", ["creationTimestamp"] = "2026-05-05T05:05:05Z" };
        entry["involvedObject"] = new JsonObject { ["kind"] = "Pod", ["name"] = "a" };
        Assert.Equal(expected, ObjectReader.ReadEvent(Events, Line(entry)).Item!.Time!.Value.ToString("s"));
    }

    private static void Spoil(JsonObject root, Random random)
    {
        JsonNode at = root;
        while (true)
        {
            List<JsonNode?> children = at switch
            {
                JsonObject map => [.. map.Select(member => member.Value)],
                JsonArray list => [.. list],
                _ => [],
            };
            if (children.Count == 0)
            {
                return;
            }

            int index = random.Next(children.Count);
            if (children[index] is null or JsonValue || random.Next(4) == 0)
            {
                JsonNode? odd = random.Next(7) switch
                {
                    0 => null,
                    1 => JsonValue.Create(random.NextInt64()),
                    2 => JsonValue.Create("odd"),
                    3 => new JsonArray(1, "x", null),
                    4 => new JsonObject { ["name"] = new JsonArray(), ["state"] = 7 },
                    5 => JsonValue.Create(true),
                    _ => JsonValue.Create(-1e300),
                };
                if (at is JsonObject map)
                {
                    map[map.ElementAt(index).Key] = odd;
                }
                else
                {
                    at.AsArray()[index] = odd;
                }

                return;
            }

            at = children[index]!;
        }
    }

    private static ObjectEvent<PodProjection> ReadLine(JsonObject pod) => ObjectReader.ReadEvent(PodReflector.Kind, Line(pod));

    private static byte[] Line(JsonObject item) => Encoding.UTF8.GetBytes($$"""{"type":"MODIFIED","object":{{item.ToJsonString()}}}""");
}
