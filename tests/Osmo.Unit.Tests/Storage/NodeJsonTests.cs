using System.Text;
using Osmo.Domain.Availability;
using Osmo.Domain.Nodes;
using Osmo.Storage;
using Xunit;

namespace Osmo.Unit.Tests.Storage;

/// <summary>Conditions as stored text.</summary>
public sealed class NodeJsonTests
{
    private readonly ConditionSetPool _pool = new(new ConditionTable());

    [Fact]
    public void Conditions_read_back_as_written_however_many_sets_there_are()
    {
        const int Sets = 1_500;
        ConditionSet[] sets = [.. Enumerable.Range(0, Sets).Select(i => Set(new("Ready", "True"), new($"Type{i}", "False")))];
        using var json = new NodeJson();
        var stored = new StoredNodeReader();
        for (var pass = 0; pass < 2; pass++)
        {
            foreach (var set in sets)
            {
                Assert.Equal(set.ToPairs(), stored.Conditions(json.Conditions(set)));
            }
        }
    }

    [Fact]
    public void The_text_of_a_shared_set_is_made_once()
    {
        using var json = new NodeJson();
        var set = Set(new ConditionPair("Ready", "True"));
        Assert.Equal("""[["Ready","True"]]""", Encoding.UTF8.GetString(json.Conditions(set)));
        Assert.Same(json.Conditions(set), json.Conditions(set));
    }

    private ConditionSet Set(params ConditionPair[] conditions) =>
        _pool.TryShare(conditions, out var set) ? set : throw new InvalidOperationException("The table is full.");
}
