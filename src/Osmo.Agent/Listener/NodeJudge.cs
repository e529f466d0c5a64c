using Osmo.Domain.Availability;
using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>Judges nodes by the conditions that the service wants. Safe for several threads.</summary>
internal sealed class NodeJudge
{
    private volatile NodeConditionRules _rules = NodeConditionRules.Default;
    private volatile bool _isTold;

    /// <summary>The rules in force: the default until the service has said others.</summary>
    public NodeConditionRules Rules => _rules;

    /// <summary>Whether it is known by which rules to judge.</summary>
    public bool IsTold => _isTold;

    /// <summary>These rules hold from now on. False when they did already.</summary>
    public bool Take(NodeConditionRules rules)
    {
        bool isNew = !_isTold || !_rules.Equals(rules);
        _rules = rules;
        _isTold = true;
        return isNew;
    }

    public bool IsAvailable(NodeProjection node)
    {
        NodeConditionRules rules = _rules;
        if (node.Unschedulable)
        {
            return false;
        }

        foreach (NodeCondition condition in node.Conditions)
        {
            if (!rules.Classify(condition.Type, condition.Status).IsMetBy(condition.Status))
            {
                return false;
            }
        }

        return true;
    }
}
