using System.Text.Json;
using Osmo.Kubernetes;
using Xunit;

namespace Osmo.Unit.Tests.Kubernetes;

/// <summary>Who set a label, as an API server notes it.</summary>
public sealed class ManagedFieldsTests
{
    private const string Label = "osmo.nvidia.com/verified";

    [Fact]
    public void Who_owns_a_label_is_named_the_latest_first()
    {
        Assert.Equal(["newest", "osmo"], Managers(Entries(
            Entry("kubelet", "2026-11-21T12:00:03Z", "kubernetes.io/arch"),
            Entry("osmo", "2026-11-21T12:00:01Z", Label),
            Entry("newest", "2026-11-21T12:00:02Z", Label, "other"),
            Entry("osmo", "2026-11-21T12:00:00Z", Label))));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"metadata":null}""")]
    [InlineData("""{"metadata":{"managedFields":{}}}""")]
    [InlineData("""{"metadata":{"managedFields":[null,1,{},{"manager":7,"fieldsV1":[]}]}}""")]
    [InlineData("""{"metadata":{"managedFields":[{"manager":"a","fieldsV1":{"f:metadata":null}}]}}""")]
    [InlineData("""{"metadata":{"managedFields":[{"fieldsV1":{"f:metadata":{"f:labels":{"f:osmo.nvidia.com/verified":{}}}}}]}}""")]
    public void Where_nobody_is_named_there_is_nobody(string node) => Assert.Empty(Managers(node));

    private static IReadOnlyList<string> Managers(string node)
    {
        using JsonDocument document = JsonDocument.Parse(node);
        return ManagedFields.ManagersOfLabel(document.RootElement, Label);
    }

    private static string Entries(params object[] entries) =>
        JsonSerializer.Serialize(new { metadata = new { managedFields = entries } });

    private static object Entry(string manager, string time, params string[] labels) => new
    {
        manager,
        operation = "Update",
        time,
        fieldsV1 = new Dictionary<string, object>
        {
            ["f:metadata"] = new Dictionary<string, object>
            {
                ["f:labels"] = labels.ToDictionary(label => $"f:{label}", _ => new { }),
            },
        },
    };
}
